import { type IncomingMessage, request } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { listenTcp } from '../../../src/adapters/http/listen.ts';
import { TOKEN } from './world.ts';

// biome-ignore lint/suspicious/noExplicitAny: what an event holds is what the test says it is.
export type Event = { readonly event?: string; readonly id?: string; readonly data?: any };

/** A listener to server-sent events over a real connection. */
export type Listener = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** All text so far. */
  text(): string;
  events(): readonly Event[];
  /** Resolves with the events once there are `count`, or once `until` holds. */
  waitFor(until: number | ((events: readonly Event[]) => boolean)): Promise<readonly Event[]>;
  readonly ended: Promise<void>;
  close(): void;
  pause(): void;
  resume(): void;
};

const parse = (text: string): readonly Event[] =>
  text
    .split('\r\n\r\n')
    .slice(0, -1)
    .map((block) =>
      Object.fromEntries(
        block.split('\r\n').flatMap((line) => (line === '' ? [] : [[line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]])),
      ),
    )
    .filter((event) => 'data' in event)
    .map((event) => ({ ...event, data: JSON.parse(event.data ?? 'null') }));

export const serving = async (http: FastifyInstance): Promise<string> => (await listenTcp(http, { port: 0 })).address;

export const listen = (address: string, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Listener> =>
  new Promise((resolve, reject) => {
    const asked = request(
      `${address}${path}`,
      { headers: { authorization: `Bearer ${TOKEN}`, accept: 'text/event-stream', ...headers } },
      (response) => {
        let text = '';
        const waiting = new Set<() => void>();
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          for (const look of [...waiting]) look();
        });
        const ended = new Promise<void>((done) => response.once('close', done));
        response.on('error', () => {});
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: () => text,
          events: () => parse(text),
          waitFor: (until) =>
            new Promise((done) => {
              const look = (): void => {
                const events = parse(text);
                if (typeof until === 'number' ? events.length < until : !until(events)) return;
                waiting.delete(look);
                done(events);
              };
              waiting.add(look);
              look();
            }),
          ended,
          close: () => asked.destroy(),
          pause: () => response.pause(),
          resume: () => response.resume(),
        });
      },
    );
    asked.on('error', reject);
    asked.end();
    onTestFinished(() => {
      asked.destroy();
    });
  });
