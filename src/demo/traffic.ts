import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../adapters/cli/client.ts';
import { eventsIn } from '../adapters/cli/sse.ts';

/** Time between two requests, ms: fifty a second. */
const EVERY_MS = 20;
/** A request without an answer by then has failed, ms. */
const ANSWER_MAX_MS = 3_000;
const RECONNECT_MS = 100;

export type Endpoint = {
  readonly instance: string;
  readonly version: string;
  readonly address: string;
  readonly ports: readonly { readonly port?: number }[];
};

/** What was sent since the last count, and how it went. No request is sent twice: a failure stays one. */
export type Count = {
  readonly sent: number;
  readonly failed: readonly string[];
  /** Answers by release. */
  readonly releases: Readonly<Record<string, number>>;
  /** Fewest endpoints that the list held. */
  readonly fewest: number;
};

export type Traffic = {
  endpoints(): readonly Endpoint[];
  /** Resolves when the list is as wanted. @throws Error when it is not by then. */
  until(isWanted: (endpoints: readonly Endpoint[]) => boolean, what: string, withinMs: number): Promise<readonly Endpoint[]>;
  /** Waits for the answers to what was sent so far, and begins to count anew. */
  count(): Promise<Count>;
  stop(): Promise<void>;
};

/** A client as any would be: follows where the app serves, and asks one after the other, steadily. */
export const startTraffic = (client: () => Client, app: string): Traffic => {
  const ended = new AbortController();
  let endpoints: readonly Endpoint[] = [];
  let turn = 0;
  let [sent, fewest] = [0, Number.POSITIVE_INFINITY];
  let failed: string[] = [];
  let releases: Record<string, number> = {};
  const underway = new Set<Promise<void>>();
  const listeners = new Set<() => void>();

  const follow = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      try {
        const path = `/v1/endpoints?follow=true&app=${encodeURIComponent(app)}`;
        for await (const { data } of eventsIn(client().read(path, { signal: ended.signal }))) {
          endpoints = JSON.parse(data).endpoints;
          fewest = Math.min(fewest, endpoints.length);
          for (const listener of listeners) listener();
        }
      } catch {
        // While no engine answers, the last list is what a client has.
      }
      await pause(RECONNECT_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  };

  const send = (): void => {
    const endpoint = endpoints[turn++ % Math.max(1, endpoints.length)];
    if (endpoint === undefined) return;
    sent += 1;
    const asked = ask(endpoint).then(
      (release) => {
        releases[release] = (releases[release] ?? 0) + 1;
      },
      (error: Error) => {
        failed.push(`${endpoint.instance}: ${error.message}`);
      },
    );
    underway.add(asked);
    void asked.finally(() => underway.delete(asked));
  };

  const following = follow();
  const sending = setInterval(send, EVERY_MS);
  return {
    endpoints: () => endpoints,
    until: async (isWanted, what, withinMs) => {
      let listener = (): void => {};
      let late: NodeJS.Timeout | undefined;
      const seen = new Promise<void>((resolve, reject) => {
        listener = () => {
          if (isWanted(endpoints)) resolve();
        };
        late = setTimeout(() => reject(new Error(`${what}: not so within ${withinMs / 1000} s`)), withinMs);
      });
      listeners.add(listener);
      listener();
      await seen.finally(() => {
        clearTimeout(late);
        listeners.delete(listener);
      });
      return endpoints;
    },
    count: async () => {
      await Promise.all([...underway]);
      const counted = { sent, failed, releases, fewest };
      [sent, failed, releases, fewest] = [0, [], {}, endpoints.length];
      return counted;
    },
    stop: async () => {
      clearInterval(sending);
      await Promise.all([...underway]);
      ended.abort();
      await following;
    },
  };
};

/** The release that answered. @throws Error for anything but an answer of the very instance that was asked. */
const ask = ({ instance, address, ports }: Endpoint): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = get({ host: address, port: ports[0]?.port, path: '/', agent: false, timeout: ANSWER_MAX_MS }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      answer.on('error', reject);
      answer.on('end', () => {
        const [release = '', task = ''] = text.trim().split(' ');
        if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
        else if (!task.includes(instance)) reject(new Error(`another instance answered: ${text.trim()}`));
        else resolve(release);
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MAX_MS / 1000} s`)));
    asked.on('error', reject);
  });
