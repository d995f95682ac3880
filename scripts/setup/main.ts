import { sweep } from '../../test/support/sweep.ts';
import { installKafka } from './kafka.ts';
import { installPackages } from './packages.ts';

/** Prepares a machine for the tests on real engines: `node scripts/setup/main.ts`, or as vitest's globalSetup. Safe to repeat. */
export default async function setup(): Promise<void> {
  const say = (line: string) => console.log(`[setup] ${line}`);
  const left = [...(await installPackages(say)), ...(await installKafka(say))];
  const swept = await sweep();
  if (swept > 0) say(`engines: removed what ${swept} killed test run(s) left behind`);
  say(left.length === 0 ? 'ready' : `ready, without ${left.join(', ')}`);
}

if (import.meta.main) await setup();
