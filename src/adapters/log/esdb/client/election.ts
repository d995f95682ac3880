import { randomUUID } from 'node:crypto';
import type { Election, Leader, Reign } from '../../../../domain/ports/election.ts';
import { explain } from './explain.ts';
import { jsonEvent, jsonIn } from './jsonEvent.ts';
import { rest } from './rest.ts';
import type { ReadEvent, Wire } from './wire.ts';

/** Not a stream of facts: that a leader is still there is no news. */
export const LEASE_STREAM = 'wharflease-leader';
/** Events of it that are kept. */
const LEASES_KEPT = 100;
/** How often the lease is looked at, ms. */
const LOOK_EVERY_MS = 200;
/** Of a lease, in which it is not relied on: what clocks may differ by while they count a few seconds, and a call may take to be noticed. */
const MARGIN = 0.1;
/** Renewals in the time of one lease. */
const RENEWALS = 4;

export type ElectionOptions = {
  readonly wire: Pick<Wire, 'append' | 'readStream' | 'setMetadata'>;
  /** How long a leader leads without being heard of, ms. */
  readonly leaseMs: number;
  onTrouble?(text: string | undefined): void;
  /** The store refuses, and will go on to: credentials, a certificate. */
  onRefused?(text: string): void;
};

/** One event of the lease's stream. */
type Lease = Leader & {
  /** Of one reign; another one of the same engine has another. */
  readonly reign: string;
  readonly leaseMs: number;
};

type Seen = { readonly revision: number; readonly lease: Lease; readonly isReleased: boolean; readonly firstSeenAt: number };

/**
 * Leadership by a lease that is an event: whoever appends the next one at the revision that it has seen leads. The leader counts from when it
 * sent its renewal, the others from when they saw it, each by a monotonic clock; so the leader stops relying on it before anybody else
 * takes it, whatever the clocks of the day say.
 */
export const createElection = ({ wire, leaseMs, onTrouble, onRefused }: ElectionOptions): Election => {
  const listeners = new Set<(leader: Leader | undefined) => void>();
  let seen: Seen | undefined;
  let told: string | undefined;
  let isClosed = false;
  let looking: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const isOver = ({ isReleased, firstSeenAt, lease }: Seen): boolean => isReleased || performance.now() - firstSeenAt >= lease.leaseMs;
  const leader = (): Leader | undefined => {
    if (seen === undefined || isOver(seen)) return undefined;
    const { holder, url, since } = seen.lease;
    return { holder, url, since };
  };
  const tell = (): void => {
    const now = leader();
    const reign = now === undefined ? undefined : seen?.lease.reign;
    if (reign === told) return;
    told = reign;
    for (const listener of [...listeners]) listener(now);
  };

  const look = async (): Promise<void> => {
    try {
      const [last] = await wire.readStream(LEASE_STREAM, 'end', 1);
      onTrouble?.(undefined);
      if (last !== undefined && last.revision !== seen?.revision) seen = seenIn(last);
    } catch (error) {
      const { isPassing, text } = explain(error);
      if (isPassing) onTrouble?.(text);
      else (onRefused ?? onTrouble)?.(text);
    }
    tell();
  };
  const lookOnce = (): Promise<void> => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const keepLooking = (): void => {
    void lookOnce().then(() => {
      if (!isClosed) timer = setTimeout(keepLooking, LOOK_EVERY_MS);
    });
  };
  keepLooking();

  /** @returns the revision of the event, or undefined where somebody else was first. @throws ServiceError */
  const write = async (type: string, lease: Lease, expected: number, id: string): Promise<number | undefined> => {
    const answer = await wire.append(LEASE_STREAM, expected, [jsonEvent(type, lease, id)]);
    return answer._tag === 'Appended' ? answer.revision : undefined;
  };

  const reignFrom = (lease: Lease, claimed: { readonly revision: number; readonly sentAt: number }): Reign => {
    const lost = Promise.withResolvers<string>();
    const relied = leaseMs * (1 - MARGIN);
    let { revision } = claimed;
    let validUntil = claimed.sentAt + relied;
    let over = false;
    let trouble = '';
    let next: NodeJS.Timeout | undefined;
    let working: Promise<void> | undefined;
    const end = (why: string): void => {
      if (over) return;
      over = true;
      clearTimeout(next);
      clearTimeout(watch);
      lost.resolve(why);
    };
    const expire = (): void => {
      const left = validUntil - performance.now();
      if (left <= 0) end(`the lease was not renewed in ${leaseMs} ms${trouble === '' ? '' : `: ${trouble}`}`);
      else watch = setTimeout(expire, left);
    };
    let watch = setTimeout(expire, relied);

    const renew = async (id: string = randomUUID()): Promise<void> => {
      const sentAt = performance.now();
      try {
        const renewed = await write('LeaseRenewed', lease, revision, id);
        // Also where it is given back meanwhile: that is written behind it.
        revision = renewed ?? revision;
        if (over) return;
        if (renewed === undefined) return end('another engine has taken the lease');
        validUntil = sentAt + relied;
        trouble = '';
        next = setTimeout(() => begin(), leaseMs / RENEWALS);
      } catch (error) {
        ({ text: trouble } = explain(error));
        if (!over) next = setTimeout(() => begin(id), LOOK_EVERY_MS);
      }
    };
    const begin = (id?: string): void => {
      working = renew(id);
    };
    next = setTimeout(() => begin(), leaseMs / RENEWALS);

    return {
      holds: () => !over && performance.now() < validUntil,
      lost: lost.promise,
      release: async () => {
        if (over) return;
        end('it was given back');
        await working;
        // Where this does not arrive, the others wait for the lease's end.
        await write('LeaseReleased', lease, revision, randomUUID()).catch(() => undefined);
      },
    };
  };

  const claim = async (candidate: Omit<Leader, 'since'>, expected: number): Promise<Reign | undefined> => {
    const lease: Lease = { ...candidate, since: Date.now(), reign: randomUUID(), leaseMs };
    const sentAt = performance.now();
    const revision = await write('LeaseClaimed', lease, expected, randomUUID());
    if (revision === undefined) return undefined;
    seen = { revision, lease, isReleased: false, firstSeenAt: sentAt };
    tell();
    if (expected < 0) await wire.setMetadata(LEASE_STREAM, { $maxCount: LEASES_KEPT }).catch((error) => onTrouble?.(explain(error).text));
    return reignFrom(lease, { revision, sentAt });
  };

  return {
    leader,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    campaign: async (candidate, withdrawn) => {
      while (!withdrawn.aborted && !isClosed) {
        await lookOnce();
        if (seen === undefined || isOver(seen)) {
          try {
            const reign = await claim(candidate, seen?.revision ?? -1);
            if (reign !== undefined) {
              if (!withdrawn.aborted) return reign;
              await reign.release();
            }
          } catch (error) {
            onTrouble?.(explain(error).text);
          }
        }
        await rest(LOOK_EVERY_MS, withdrawn);
      }
      return undefined;
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await looking;
    },
  };
};

const seenIn = ({ revision, type, data }: ReadEvent): Seen => {
  const firstSeenAt = performance.now();
  return { revision, lease: jsonIn<Lease>({ data }), isReleased: type === 'LeaseReleased', firstSeenAt };
};
