import { setTimeout as pause } from 'node:timers/promises';
import type { Client, Json } from './client.ts';
import { CliFailure, EXIT } from './failure.ts';
import { eventsIn } from './sse.ts';

/** A fact as `/v1/events` tells it. */
export type ToldFact = {
  readonly position: number;
  readonly stream: string;
  readonly type: string;
  readonly at: string;
  readonly by: string;
  readonly state: string;
  readonly data: Json;
};

export type Wanted = { readonly stream?: string; readonly types?: readonly string[] };

/** How long an engine may be away, such as for its restart, before a listener gives up, ms. */
export const AWAY_MAX_MS = 30_000;
const RETRY_MS = 250;

export const queryOf = ({ stream, types = [] }: Wanted, more: Readonly<Record<string, string | number | boolean>>): string => {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(more)) query.set(key, String(value));
  if (stream !== undefined) query.set('stream', stream);
  for (const type of types) query.append('type', type);
  return `/v1/events?${query}`;
};

/** The log's end as of now. */
export const headOf = async (client: Client): Promise<number> => (await client.ask('GET', '/v1/events?after=0&limit=0')).head;

/**
 * Facts behind a position as they are recorded, without gap and without repetition, over restarts of the engine too.
 * @throws CliFailure when it stays away for longer than AWAY_MAX_MS.
 */
export const followFacts = (
  client: Client,
  wanted: Wanted,
  after: number,
  signal: AbortSignal,
  now: () => number,
): AsyncGenerator<ToldFact, void> =>
  follow(client, (last) => queryOf(wanted, { follow: true, after: last ?? after }), signal, now) as AsyncGenerator<ToldFact, void>;

/**
 * As `followFacts`, of any stream of events with positions.
 * @param pathBehind where it is; the position of the last one that came, none before the first
 */
export async function* follow(
  client: Client,
  pathBehind: (last: number | undefined) => string,
  signal: AbortSignal,
  now: () => number,
): AsyncGenerator<{ readonly position: number }, void> {
  let last: number | undefined;
  let awaySince: number | undefined;
  while (!signal.aborted) {
    try {
      const chunks = client.read(pathBehind(last), { signal });
      for await (const { data } of eventsIn(heard(chunks, () => (awaySince = undefined)))) {
        const fact = JSON.parse(data) as { readonly position: number };
        last = fact.position;
        yield fact;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CliFailure) || error.exitCode !== EXIT.unreachable) throw error;
      if (awaySince !== undefined && now() - awaySince > AWAY_MAX_MS) throw error;
    }
    awaySince ??= now();
    await pause(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function* heard(chunks: AsyncIterable<string>, onChunk: () => void): AsyncGenerator<string, void> {
  for await (const chunk of chunks) {
    onChunk();
    yield chunk;
  }
}
