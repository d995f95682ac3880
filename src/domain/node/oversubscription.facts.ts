import { z } from 'zod';
import type { DeepReadonly } from '../kernel/forms.ts';

/** Most times that a node may lend what it has. */
export const OVERSUBSCRIBE_MAX = 100;

const factor = z.number().min(1).max(OVERSUBSCRIBE_MAX);

/**
 * How many times over a node lends what it has: for what hardly anybody uses as much of as he asks for. Disk and gpus are not lent
 * twice: who has them uses them.
 */
export const oversubscription = z.strictObject({ cpus: factor.optional(), mem: factor.optional() });
export type Oversubscription = DeepReadonly<z.infer<typeof oversubscription>>;

/** Without factors that say nothing. */
export const plain = ({ cpus = 1, mem = 1 }: Oversubscription): Oversubscription => ({
  ...(cpus !== 1 && { cpus }),
  ...(mem !== 1 && { mem }),
});

export const isPlain = (factors: Oversubscription): boolean => Object.keys(plain(factors)).length === 0;

/** What is lent of an offer. */
export const lentOf = <O extends { readonly cpus: number; readonly mem: number }>(
  offer: O,
  { cpus = 1, mem = 1 }: Oversubscription = {},
): O => ({ ...offer, cpus: offer.cpus * cpus, mem: offer.mem * mem });

/** `2 times its cpus and 1.5 times its memory`. */
export const inWords = ({ cpus = 1, mem = 1 }: Oversubscription): string =>
  [...(cpus === 1 ? [] : [`${cpus} times its cpus`]), ...(mem === 1 ? [] : [`${mem} times its memory`])].join(' and ');
