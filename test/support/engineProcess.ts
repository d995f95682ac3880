/**
 * The whole engine as a process of its own, so that a test can kill it: `node engineProcess.ts <ServerOptions as JSON>`. Prints one JSON line
 * when it listens. A line on stdin asks for one line back: `look` (whether the log is sound, and what the engine holds) or `stop`.
 */
import { createInterface } from 'node:readline';
import { type ServerOptions, startServer } from '../../src/main.ts';

const server = await startServer(JSON.parse(process.argv[2] ?? '') as ServerOptions);
const say = (line: unknown): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
say({ url: server.url, tokenFile: server.tokenFile, term: server.engine.term });

for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'stop') break;
  const { views } = server.engine;
  const instances = [...views.instances.all()].map(({ id, app, version, slot, state, node }) => ({ id, app, version, slot, state, node }));
  say({ verified: await server.log.verifyAll(), quarantined: [...server.engine.quarantined()], instances });
}
await server.close();
process.exit(0);
