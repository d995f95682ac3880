/** Plans for a pool that is far from even: each goal from the views to the plan, in CPU time of the thread that decides. */
import { either as E } from 'fp-ts';
import type { AppDefinition } from '../src/domain/app/definition/definition.ts';
import { parseApp } from '../src/domain/app/definition/parse.ts';
import type { RebalanceAsk } from '../src/domain/placement/rebalance/ask.ts';
import { rebalance } from '../src/domain/placement/rebalance/rebalance.ts';
import { sceneOf } from '../src/domain/placement/rebalance/scene.ts';
import type { InstanceRow, NodeRow, Views } from '../src/domain/ports/views.ts';
import { GOALS } from '../src/domain/rebalance/rebalance.facts.ts';
import { runBench } from './harness/bench.ts';
import type { Figures } from './harness/spread.ts';

const RACKS = 50;
const EACH = 500;
/** Nodes that hold twice as much as the others: every third one. */
const HEAVY = 3;

type Pool = Pick<Views, 'nodes' | 'apps' | 'instances' | 'roles'>;

const definitionOf = (id: string): AppDefinition => {
  const constraints = id.endsWith('0') ? [['rack', 'GROUP_BY']] : [];
  const parsed = parseApp({ id, cmd: 'serve', cpus: 0.5, mem: 256, instances: EACH, constraints, portDefinitions: [] });
  if (E.isLeft(parsed)) throw new Error(`the definition of ${id} is refused`);
  return parsed.right;
};

/** The parts of the views that a plan is made from. */
const poolOf = (hosts: number, count: number): Pool => {
  const nodes = Array.from({ length: hosts }, (_, at) => nodeOf(at));
  const apps = Array.from({ length: Math.ceil(count / EACH) }, (_, at) => definitionOf(`/app-${at}`));
  const heavy = Math.ceil(hosts / HEAVY);
  const rows = Array.from({ length: count }, (_, at): InstanceRow => {
    // Every fourth instance goes to one of the heavy nodes, the others to all in turn.
    const on = at % 4 === 0 ? ((at / 4) % heavy) * HEAVY : at % hosts;
    return instanceOf(at, apps[Math.floor(at / EACH)]?.id ?? '', `n${on}`);
  });
  const [byId, byApp] = [new Map(rows.map((row) => [row.id, row])), new Map(apps.map((app) => [app.id, app]))];
  const appOf = (definition: AppDefinition | undefined) => definition && { id: definition.id, definition, target: { configVersion: 'v1' } };
  return {
    nodes: { all: () => nodes },
    roles: { all: () => [] },
    apps: {
      all: () => apps.map(appOf),
      get: (id: string) => appOf(byApp.get(id)),
      definition: (id: string) => byApp.get(id),
    },
    instances: { live: () => rows, get: (id: string) => byId.get(id), tallies: () => ({ v1: { ready: EACH } }) },
  } as unknown as Pool;
};

const nodeOf = (at: number) =>
  ({
    id: `n${at}`,
    endpoint: { kind: 'simulated' },
    attributes: { rack: `r${at % RACKS}` },
    roles: ['*'],
    state: 'attached.answering.ready',
    offer: { hostname: `h${at}`, address: '10.0.0.1', portRanges: [[31_000, 32_000]], cpus: 16, mem: 16_384, disk: 0, gpus: 0 },
  }) as unknown as NodeRow;

const instanceOf = (at: number, app: string, node: string) =>
  ({
    id: `i${at}`,
    app,
    version: 'v1',
    slot: at % EACH,
    node,
    state: 'running.unchecked',
    hostPorts: [],
    placedAt: 0,
    startedAt: 900,
  }) as unknown as InstanceRow;

await runBench({
  name: 'rebalance',
  options: { hosts: 12_500, instances: 150_000, moves: 100, seed: 1 },
  run: async ({ hosts, instances, moves, seed }) => {
    const pool = poolOf(hosts, instances);
    const figures: Record<string, Figures> = {};
    for (const goal of GOALS) {
      const ask: RebalanceAsk = { goal, nodes: goal === 'empty' ? ['n0', 'n1', 'n2', 'n3'] : [], maxMoves: moves, seed };
      const [wall, cpu] = [performance.now(), process.threadCpuUsage()];
      const plan = rebalance(sceneOf(pool), ask);
      const { user, system } = process.threadCpuUsage(cpu);
      if (plan.moves.length === 0) throw new Error(`nothing to move for ${goal}`);
      figures[goal] = {
        cpuMs: (user + system) / 1000,
        wallMs: performance.now() - wall,
        moves: plan.moves.length,
        scoreBefore: plan.before.score,
        scoreAfter: plan.after.score,
      };
    }
    return figures;
  },
});
