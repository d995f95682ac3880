import { z } from 'zod';
import type { DeepReadonly, FactsOf } from '../kernel/forms.ts';
import { roleAmounts } from '../role/role.facts.ts';
import { oversubscription } from './oversubscription.facts.ts';

const amount = z.number().min(0);

const SIMULATED_ADDRESS = /^(?:unix:\/.+|tcp:\/\/(?:127\.0\.0\.1|localhost|\[::1\]):\d{1,5})$/;

/** Where and how a host's runtime is reached. Keys and certificates are named by path, never held. */
export const runtimeEndpoint = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('docker'), socket: z.string() }),
  z.object({
    kind: z.literal('docker-tls'),
    host: z.string(),
    port: z.int(),
    caFile: z.string(),
    certFile: z.string(),
    keyFile: z.string(),
  }),
  z.object({
    kind: z.literal('docker-ssh'),
    host: z.string(),
    port: z.int(),
    user: z.string(),
    keyFile: z.string(),
    /** SHA-256 of the host key, base64 as ssh-keygen prints it, `SHA256:` first. */
    hostKey: z.string(),
    socket: z.string(),
  }),
  z.object({ kind: z.literal('process'), root: z.string() }),
  z.object({
    kind: z.literal('simulated'),
    seed: z.int(),
    /** Where they live in another process; absent of those in the engine's own. */
    address: z
      .string()
      .regex(SIMULATED_ADDRESS, 'must be unix:/path or tcp://127.0.0.1:port: simulated hosts are on this machine')
      .optional(),
  }),
]);
export type RuntimeEndpoint = z.infer<typeof runtimeEndpoint>;

export const nodeOffer = z.object({
  hostname: z.string(),
  address: z.string(),
  cpus: amount,
  mem: amount,
  disk: amount,
  gpus: amount,
  /** Inclusive ranges that dynamic host ports are drawn from. */
  portRanges: z.array(z.tuple([z.int(), z.int()])),
});
export type NodeOffer = DeepReadonly<z.infer<typeof nodeOffer>>;

export const nodeFacts = {
  NodeRegistered: z.object({
    endpoint: runtimeEndpoint,
    offer: nodeOffer,
    attributes: z.record(z.string(), z.string()),
    /** Mesos roles whose apps it takes; `*` is everyone's. */
    roles: z.array(z.string()),
    /** Kept for the apps of a role, by role; part of the offer. */
    reserved: z.record(z.string(), roleAmounts).optional(),
    region: z.string().optional(),
    zone: z.string().optional(),
    oversubscribe: oversubscription.optional(),
    warnings: z.array(z.string()),
  }),
  /** It offers something else than before: seen on a reconnect. */
  NodeOfferChanged: z.object({ offer: nodeOffer, warnings: z.array(z.string()) }),
  /** It lends so many times what it has, from now on; what it had lent before is kept. */
  NodeOversubscribed: z.object({ oversubscribe: oversubscription }),
  NodeBecameUnreachable: z.object({ reason: z.string(), failures: z.int().min(1) }),
  NodeReturned: z.object({}),
  /** It was lost that often lately; until it has answered for `steadyMs` without a break it takes nothing new. */
  NodeBecameFlapping: z.object({ losses: z.int().min(1), withinMs: amount, steadyMs: amount }),
  NodeCordoned: z.object({ reason: z.string() }),
  NodeUncordoned: z.object({}),
  /** From here on these are for the apps of this role alone. */
  ResourcesReserved: z.object({ role: z.string(), amounts: roleAmounts }),
  ResourcesUnreserved: z.object({ role: z.string(), amounts: roleAmounts }),
  NodeRemoved: z.object({ reason: z.string() }),
} as const;

export type NodeFact = FactsOf<typeof nodeFacts>;
export type NodeFactOf<T extends NodeFact['type']> = Extract<NodeFact, { type: T }>;

export const NODE = 'node';
