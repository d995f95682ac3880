import { either as E } from 'fp-ts';
import { assign, setup } from 'xstate';
import { chartOf } from '../kernel/chart/chart.ts';
import { codecOf } from '../kernel/codec.ts';
import type { Noun } from '../kernel/decider.ts';
import { same } from '../kernel/same.ts';
import type { RoleCommand } from './role.commands.ts';
import { ROLE, type RoleFact, type RoleFactOf, roleFacts } from './role.facts.ts';

type Quota = Omit<RoleFactOf<'RoleQuotaSet'>, 'type' | 'role'>;

export type RoleContext = {
  readonly weights: Readonly<Record<string, number>>;
  readonly quotas: Readonly<Record<string, Quota>>;
};

const roleChart = chartOf<RoleContext, RoleFact>(
  setup({
    types: { context: {} as RoleContext, events: {} as RoleFact },
    actions: {
      weigh: assign(({ context, event }) => {
        const { role, weight } = event as RoleFactOf<'RoleWeightSet'>;
        return { weights: { ...context.weights, [role]: weight } };
      }),
      allow: assign(({ context, event }) => {
        const { type: _, role, ...quota } = event as RoleFactOf<'RoleQuotaSet'>;
        return { quotas: { ...context.quotas, [role]: quota } };
      }),
      free: assign(({ context, event }) => {
        const { [(event as RoleFactOf<'RoleQuotaRemoved'>).role]: _, ...quotas } = context.quotas;
        return { quotas };
      }),
    },
  }).createMachine({
    id: 'role.v1',
    context: { weights: {}, quotas: {} },
    initial: 'set',
    states: {
      set: {
        on: {
          RoleWeightSet: { actions: 'weigh' },
          RoleQuotaSet: { actions: 'allow' },
          RoleQuotaRemoved: { actions: 'free' },
        },
      },
    },
  }),
);

export const roleNoun: Noun<RoleContext, RoleCommand, RoleFact> = {
  noun: ROLE,
  charts: { [roleChart.id]: roleChart },
  chartFor: () => roleChart.id,
  codec: codecOf<RoleFact>(Object.fromEntries(Object.entries(roleFacts).map(([type, schema]) => [type, { version: 1, schema }]))),
  decide: (command, { context }) => {
    switch (command.type) {
      case 'SetRoleWeights':
        return E.right(
          command.weights
            .filter(({ role, weight }) => context.weights[role] !== weight)
            .map(({ role, weight }) => ({ type: 'RoleWeightSet', role, weight })),
        );
      case 'SetRoleQuotas':
        return E.right(
          command.quotas
            .filter(({ role, ...quota }) => !same(context.quotas[role], quota))
            .map(({ role, guarantee, limit }) => ({ type: 'RoleQuotaSet', role, guarantee, limit })),
        );
      case 'RemoveRoleQuota':
        return context.quotas[command.role] === undefined ? E.right([]) : E.right([{ type: 'RoleQuotaRemoved', role: command.role }]);
    }
  },
};
