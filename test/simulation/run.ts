import { isoInstant } from '../../src/domain/kernel/units.ts';
import { describe, simulate } from './simulate.ts';

/** `npm run sim -- <seed> [last seed]`: replays one seed with a readable trace, or looks for the first of many that fails. */
const [first = '1', last] = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

if (last === undefined) {
  let told = 0;
  const facts = (world: Parameters<NonNullable<NonNullable<Parameters<typeof simulate>[1]>['onStep']>>[1]): void => {
    for (const { stream, type, data, meta, position } of world.log.facts.slice(told))
      say(
        `      ${position} ${isoInstant(meta.at).slice(11, 23)} ${stream} ${type} → ${meta.state}  ${data.length > 160 ? `${data.slice(0, 160)}…` : data}`,
      );
    told = world.log.facts.length;
  };
  const simulated = await simulate(Number(first), {
    onStep: ({ step, at, what }, world) => {
      facts(world);
      say(`${String(step).padStart(3)} ${isoInstant(at).slice(11, 23)} ${what}`);
    },
  });
  facts(simulated.world);
  const { failure } = simulated;
  say(failure === undefined ? `seed ${first} holds: ${simulated.world.log.facts.length} facts` : describe(failure, simulated));
  process.exitCode = failure === undefined ? 0 : 1;
} else {
  let broken = 0;
  for (let seed = Number(first); seed <= Number(last); seed++) {
    const simulated = await simulate(seed);
    if (simulated.failure === undefined) continue;
    broken += 1;
    say(describe(simulated.failure, simulated));
  }
  say(`${broken} of ${Number(last) - Number(first) + 1} seeds broke`);
  process.exitCode = broken === 0 ? 0 : 1;
}
