import { Ledger } from '../src/domain/placement/ledger.ts';
import { place } from '../src/domain/placement/place.ts';

/** Placements per second of CPU time (wall time on a shared machine lies): `node bench/placement.bench.ts`. */
type Case = {
  readonly name: string;
  readonly nodes: number;
  readonly instances: number;
  readonly batch: number;
  readonly cpus: number;
  readonly constraints?: readonly (readonly [string, string, string?])[];
};

const clusterOf = (nodes: number): Ledger => {
  const ledger = new Ledger();
  for (let at = 0; at < nodes; at++)
    ledger.setNode({
      id: `n${at}`,
      hostname: `host-${at}`,
      address: '10.0.0.1',
      zone: `z${at % 3}`,
      attributes: { rack: `r${at % 20}` },
      roles: ['*'],
      capacity: { cpus: 16, mem: 65_536, disk: 100_000, gpus: 0 },
      portRanges: [[31_000, 32_000]],
      schedulable: true,
      runtime: 'simulated',
    });
  return ledger;
};

const run = ({ name, nodes, instances, batch, cpus, constraints = [] }: Case): void => {
  const ledger = clusterOf(nodes);
  const shared = {
    instances: 500,
    image: true,
    constraints,
    acceptedResourceRoles: ['*'],
    hostPorts: [0],
    cpus,
    mem: 512,
    disk: 0,
    gpus: 0,
  };
  const before = process.cpuUsage();
  let nowhere = 0;
  for (let done = 0; done < instances; done += batch) {
    const ids = Array.from({ length: batch }, (_, at) => `i${done + at}`);
    const results = place({ ...shared, app: `/app-${Math.floor(done / 500)}` }, ids, ledger, { seed: done });
    for (const result of results) if ('unplaceable' in result) nowhere++;
  }
  const { user, system } = process.cpuUsage(before);
  const micros = (user + system) / instances;
  process.stdout.write(
    `${name}: ${micros.toFixed(1)} µs each, ${Math.round(1_000_000 / micros).toLocaleString('en')}/s, ${nowhere} without a place\n`,
  );
};

const thousand = { nodes: 1000, instances: 50_000 };
run({ name: 'warm-up', ...thousand, batch: 500, cpus: 0.3 });
run({ name: '1,000 nodes, 50,000 instances, one at a time', ...thousand, batch: 1, cpus: 0.3 });
run({ name: '1,000 nodes, 50,000 instances, batches of 500', ...thousand, batch: 500, cpus: 0.3 });
run({ name: '1,000 nodes, 50,000 instances, batches of 500 to the last core', ...thousand, batch: 500, cpus: 0.32 });
run({ name: '1,000 nodes, 50,000 instances, one at a time to the last core', ...thousand, batch: 1, cpus: 0.32 });
run({ name: '10,000 nodes, 200,000 instances, one at a time', nodes: 10_000, instances: 200_000, batch: 1, cpus: 0.3 });
run({ name: '1,000 nodes, UNIQUE hostname', ...thousand, batch: 500, cpus: 0.3, constraints: [['hostname', 'UNIQUE']] });
run({ name: '1,000 nodes, GROUP_BY @zone', ...thousand, batch: 500, cpus: 0.3, constraints: [['@zone', 'GROUP_BY']] });
