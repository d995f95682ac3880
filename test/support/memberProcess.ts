/**
 * One of several engines on a shared log, as a process of its own: `node memberProcess.ts <MemberOptions as JSON>`. Prints JSON lines: what
 * happens to it (`news`), where it listens (`url`), that it leads (`term`). A line on stdin asks for one line back: `look`; or `stop`.
 */
import { createInterface } from 'node:readline';
import { type MemberOptions, startMember } from '../../src/member.ts';

const say = (line: unknown): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);
// Whoever started it is gone: nobody would end it.
process.stdin.once('end', () => process.exit(1));
process.stdout.once('error', () => process.exit(1));
const withdrawn = new AbortController();
process.once('SIGTERM', () => withdrawn.abort());

const member = await startMember({
  ...(JSON.parse(process.argv[2] ?? '') as MemberOptions),
  signal: withdrawn.signal,
  onNews: (text) => say({ news: text ?? null }),
}).catch((error: Error) => {
  say({ news: error.message });
  process.exit(withdrawn.signal.aborted ? 0 : 1);
});
const stop = async (): Promise<never> => {
  await member.close();
  process.exit(0);
};
process.on('SIGTERM', () => void stop());
say({ url: member.url });

createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'stop') return void stop();
  const engine = member.leading()?.engine;
  say({
    seen: {
      role: member.role(),
      term: engine?.term ?? 0,
      quarantined: [...(engine?.quarantined() ?? [])],
      instances: [...(engine?.views.instances.all() ?? [])].map(({ id, app, version, slot, state }) => ({ id, app, version, slot, state })),
    },
  });
});
