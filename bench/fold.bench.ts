/**
 * What one fact costs to fold: the compiled chart beside XState's own `transition`, in one run, on the same facts.
 * `node bench/fold.bench.ts [--json]`. Microseconds per fact, median of the rounds; the rounds alternate, so that both meet the same machine.
 */
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from 'xstate';
import { rollingChart } from '../src/domain/deployment/strategies/rolling.chart.ts';
import { instanceChart } from '../src/domain/instance/instance.chart.ts';
import type { Chart } from '../src/domain/kernel/chart/chart.ts';
import type { Fact } from '../src/domain/kernel/recorded.ts';
import { deployment, instance, tallyOf, V1, V2 } from '../test/support/facts.ts';

type Life = { readonly name: string; readonly chart: Chart<unknown, Fact>; readonly facts: readonly Fact[] };

const lives: readonly Life[] = [
  {
    name: 'instance, from request to end',
    chart: instanceChart as unknown as Chart<unknown, Fact>,
    facts: [
      instance.InstanceRequested({ gated: true }),
      instance.InstancePlaced(),
      instance.ContainerStarted(),
      instance.InstanceBecameReady(),
      instance.InstanceBecameUnhealthy(),
      instance.InstanceBecameHealthy(),
      instance.InstanceStopRequested(),
      instance.ContainerExited(),
    ],
  },
  {
    name: 'rolling deployment of 4',
    chart: rollingChart as unknown as Chart<unknown, Fact>,
    facts: [
      deployment.DeploymentStarted({ from: { [V1]: 4 }, to: { version: V2, configVersion: V2, instances: 4 } }),
      ...[0, 1, 2, 3].map((ready) =>
        deployment.SlotsChanged({ tallies: { [V1]: tallyOf({ live: 4 - ready, ready: 4 - ready }), [V2]: tallyOf({ live: 4, ready }) } }),
      ),
      deployment.SlotsChanged({ tallies: { [V2]: tallyOf({ live: 4, ready: 4 }) } }),
      deployment.AppReleased(),
    ],
  },
];

const ROUNDS = 15;
/** Lives folded per round. XState gets fewer: it is slower, and a round should last about as long. */
const LIVES_COMPILED = 4_000;
const LIVES_XSTATE = 100;

const foldCompiled = ({ chart, facts }: Life): unknown => {
  let state = chart.initial();
  for (const fact of facts) {
    const next = chart.step(state, fact, state.at + 1);
    if (next === undefined) throw new Error(`${fact.type} is not accepted in ${state.value}`);
    state = next;
  }
  return state.value;
};

/** With `can`, as whoever folds by XState must ask it: it takes an event that it does not know in silence. */
const foldXstate = ({ chart, facts }: Life): unknown => {
  const machine: AnyStateMachine = chart.machine;
  let [snapshot] = initialTransition(machine) as [AnyMachineSnapshot, unknown];
  for (const fact of facts) {
    if (!snapshot.can(fact as never)) throw new Error(`${fact.type} is not accepted`);
    [snapshot] = transition(machine, snapshot, fact as never) as [AnyMachineSnapshot, unknown];
  }
  return snapshot.value;
};

const microsPerFact = (fold: (life: Life) => unknown, life: Life, count: number): number => {
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) fold(life);
  return Number(process.hrtime.bigint() - start) / 1_000 / (count * life.facts.length);
};

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

const measure = (life: Life) => {
  foldCompiled(life);
  foldXstate(life);
  const compiled: number[] = [];
  const xstate: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [a, b] = [microsPerFact(foldCompiled, life, LIVES_COMPILED), microsPerFact(foldXstate, life, LIVES_XSTATE)];
    // The first round warms both up.
    if (round === 0) continue;
    compiled.push(a);
    xstate.push(b);
  }
  const [compiledMicros, xstateMicros] = [median(compiled), median(xstate)];
  return { name: life.name, facts: life.facts.length, compiledMicros, xstateMicros, ratio: xstateMicros / compiledMicros };
};

const results = lives.map(measure);
if (process.argv.includes('--json')) console.log(JSON.stringify({ bench: 'fold', rounds: ROUNDS, results }));
else {
  for (const { name, compiledMicros, xstateMicros, ratio } of results)
    console.log(
      `${name}: ${compiledMicros.toFixed(2)} µs per fact by tables, ${xstateMicros.toFixed(1)} µs by XState: ${ratio.toFixed(0)} times`,
    );
}
