import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/* A process that submits apps at a rate, whatever is answered: `stormClient.ts URL PER_SECOND SECONDS`. It tells its parent what it was answered. */

export type StormAnswers = {
  readonly statuses: Readonly<Record<string, number>>;
  readonly accepted: readonly string[];
  readonly untold: number;
  readonly resets: number;
};

const EVERY_MS = 10;
const CONNECTIONS_MAX = 1_500;
/** A client of its own: whoever else asks does so from another address. */
const ADDRESS = '127.0.0.2';

const [, , url = '', perSecond = '0', seconds = '0'] = process.argv;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
const statuses: Record<string, number> = {};
const accepted: string[] = [];
/** Turned away without being told when to come again. */
let untold = 0;
let resets = 0;

/** A connection that the server closed while it was about to be used is another try, as with any client; 409 then says that the first one was done. */
const submit = (id: string, isAgain = false): Promise<void> =>
  new Promise((resolve) => {
    const told = (status: string): void => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      resolve();
    };
    const headers = { 'content-type': 'application/json' };
    const asking = request(`${url}/v2/apps`, { method: 'POST', agent, headers, localAddress: ADDRESS }, (answer) => {
      answer.resume();
      if (answer.statusCode === 201 || (isAgain && answer.statusCode === 409)) accepted.push(id);
      else if (answer.headers['retry-after'] === undefined) untold += 1;
      answer.once('end', () => told(String(answer.statusCode)));
    });
    asking.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET') return told(error.code ?? error.message);
      resets += 1;
      resolve(submit(id, true));
    });
    asking.end(JSON.stringify({ id, cmd: 'serve', cpus: 0.001, mem: 1, instances: 1, portDefinitions: [], env: { SECRET: id } }));
  });

const from = performance.now();
const sent: Promise<void>[] = [];
while (performance.now() - from < Number(seconds) * 1000) {
  const due = Math.floor(((performance.now() - from) / 1000) * Number(perSecond));
  while (sent.length < due) sent.push(submit(`/storm/app-${sent.length}`));
  await pause(EVERY_MS);
}
await Promise.all(sent);
process.send?.({ statuses, accepted, untold, resets } satisfies StormAnswers, () => process.exit());
