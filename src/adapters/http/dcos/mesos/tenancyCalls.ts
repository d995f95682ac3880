import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { plus } from '../../../../domain/kernel/amounts.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { RoleAmounts } from '../../../../domain/role/role.facts.ts';
import { wrong } from '../../problem.ts';
import { changeReservations, type Quota, removeQuota, setQuotas, setWeights } from '../../tenancy.ts';
import { amountOf, type MesosResource, mesosResource, reservedByRole, resourceList, scalarsJson } from './mesosResources.ts';

/* Weights, quotas and reservations in Mesos' words. */

export const weightInfo = z.object({ role: z.string(), weight: z.number() });
export const quotaRequest = z.object({
  role: z.string(),
  guarantee: z.array(mesosResource).default([]),
  force: z.boolean().default(false),
});
const scalars = z.record(z.string(), z.object({ value: z.number().min(0) }));
const ofAgent = z.object({ agent_id: z.object({ value: z.string() }), resources: z.array(mesosResource) });

/** What of a call is about roles. */
export const tenancyCall = {
  update_weights: z.object({ weight_infos: z.array(weightInfo) }).optional(),
  update_quota: z
    .object({
      force: z.boolean().default(false),
      quota_configs: z.array(z.object({ role: z.string(), guarantees: scalars.default({}), limits: scalars.default({}) })),
    })
    .optional(),
  set_quota: z.object({ quota_request: quotaRequest }).optional(),
  remove_quota: z.object({ role: z.string() }).optional(),
  reserve_resources: ofAgent.optional(),
  unreserve_resources: ofAgent.optional(),
};
const call = z.object({ type: z.string(), ...tenancyCall });
export type TenancyCall = z.infer<typeof call>;

type Write = (engine: Engine, request: FastifyRequest, call: TenancyCall) => Promise<unknown>;

/** Calls of the operator API that change what is set of roles. */
export const TENANCY_WRITES: Readonly<Record<string, Write>> = {
  UPDATE_WEIGHTS: (engine, request, { update_weights }) =>
    setWeights(engine, request, needed(update_weights, 'update_weights').weight_infos),
  UPDATE_QUOTA: (engine, request, { update_quota }) => {
    const { force, quota_configs } = needed(update_quota, 'update_quota');
    return setQuotas(
      engine,
      request,
      quota_configs.map(({ role, guarantees, limits }, nth): Quota => {
        const at = `/update_quota/quota_configs(${nth})`;
        return { role, guarantee: amountsIn(guarantees, `${at}/guarantees`), limit: amountsIn(limits, `${at}/limits`) };
      }),
      force,
    );
  },
  SET_QUOTA: (engine, request, { set_quota }) => setGuarantee(engine, request, needed(set_quota, 'set_quota').quota_request),
  REMOVE_QUOTA: (engine, request, { remove_quota }) => removeQuota(engine, request, needed(remove_quota, 'remove_quota').role),
  RESERVE_RESOURCES: (engine, request, { reserve_resources }) => {
    const { agent_id, resources } = needed(reserve_resources, 'reserve_resources');
    return changeReservations(engine, request, agent_id.value, reservedByRole(resources, '/reserve_resources/resources'), 1);
  },
  UNRESERVE_RESOURCES: (engine, request, { unreserve_resources }) => {
    const { agent_id, resources } = needed(unreserve_resources, 'unreserve_resources');
    return changeReservations(engine, request, agent_id.value, reservedByRole(resources, '/unreserve_resources/resources'), -1);
  },
};

/** Mesos' older form of a quota: a guarantee, which is the limit as well. */
export const setGuarantee = (engine: Engine, request: FastifyRequest, { role, guarantee, force }: z.infer<typeof quotaRequest>) => {
  const amounts = guarantee.reduce<RoleAmounts>((sum, each: MesosResource, nth) => plus(sum, amountOf(each, `/guarantee(${nth})`)), {});
  return setQuotas(engine, request, [{ role, guarantee: amounts, limit: amounts }], force);
};

const needed = <A>(value: A | undefined, name: string): A => {
  if (value === undefined) throw wrong(`/${name}`, 'is needed');
  return value;
};

const amountsIn = (named: Readonly<Record<string, { readonly value: number }>>, at: string): RoleAmounts =>
  Object.fromEntries(Object.entries(named).flatMap(([name, scalar]) => Object.entries(amountOf({ name, scalar }, `${at}/${name}`))));

/** Roles whose weight was set. */
export const weightInfos = ({ views }: Engine) =>
  [...views.roles.all()].flatMap(({ role, weight }) => (weight === undefined ? [] : [{ role, weight }]));

const quotas = ({ views }: Engine) =>
  [...views.roles.all()].flatMap(({ role, quota }) => (quota === undefined ? [] : [{ role, ...quota }]));

export const quotaInfos = (engine: Engine) =>
  quotas(engine).map(({ role, guarantee }) => ({ role, guarantee: resourceList(guarantee).map((each) => ({ ...each, role: '*' })) }));

export const quotaConfigs = (engine: Engine) =>
  quotas(engine).map(({ role, guarantee, limit }) => ({ role, guarantees: scalarsJson(guarantee), limits: scalarsJson(limit) }));
