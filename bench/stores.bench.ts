import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareLogs } from './stores/comparison.ts';
import { measurePublishing } from './stores/publishing.ts';

/**
 * What it costs to keep the log elsewhere: the same appends to the embedded log and, as an engine makes them, to a `wharf log serve` process
 * over the wire, where an append is acknowledged when it has come back; a new engine's catching up; and how far a Kafka broker is behind the
 * embedded log. All on this machine: no network lies between the processes, and they share its cores.
 *   [BENCH_DIR=folder on the disk to measure] node bench/stores.bench.ts [--json] [--runs N] [--seconds N]
 */
const { values } = parseArgs({ options: { json: { type: 'boolean' }, runs: { type: 'string' }, seconds: { type: 'string' } } });
const runs = Number(values.runs ?? 3);
const seconds = Number(values.seconds ?? 2);

const folder = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), 'wharf-bench-'));
try {
  const { levels, catchUp } = await compareLogs(folder, runs, seconds * 1000);
  const kafka = await measurePublishing(folder, runs, seconds * 1000);
  const machine = `${availableParallelism()} x ${cpus()[0]?.model ?? 'unknown'}, node ${process.version}`;
  if (values.json) console.log(JSON.stringify({ name: 'stores', machine, runs, levels, catchUp, kafka }));
  else {
    console.log(`${machine}; medians of ${runs} runs of ${seconds} s`);
    for (const { inFlight, embedded, overTheWire, ratio } of levels) {
      console.log(`\n${inFlight} in flight`);
      console.log(
        `  embedded      ${embedded.factsPerSecond} facts/s, ${embedded.p50Ms} ms p50, ${embedded.p99Ms} ms p99; CPU per fact: ${embedded.engineMicros} us`,
      );
      console.log(
        `  over the wire ${overTheWire.factsPerSecond} facts/s, ${overTheWire.p50Ms} ms p50, ${overTheWire.p99Ms} ms p99; CPU per fact: engine ${overTheWire.engineMicros} us, store ${overTheWire.storeMicros} us`,
      );
      console.log(`  ratio         ${ratio}`);
    }
    console.log(
      `\na new mirror catches up with ${catchUp.factsPerSecond} facts/s (${catchUp.facts} facts); CPU per fact: engine ${catchUp.engineMicros} us, store ${catchUp.storeMicros} us`,
    );
    if (typeof kafka === 'string') console.log(`\nno figures of Kafka: ${kafka}`);
    else {
      for (const [name, { recordedPerSecond, publishedPerSecond, lagP50Ms, lagP99Ms }] of [
        ['at a steady pace', kafka.steady],
        ['at full speed', kafka.full],
      ] as const)
        console.log(
          `\nto Kafka ${name}: ${recordedPerSecond} facts/s recorded, ${publishedPerSecond} published; from recorded to acknowledged ${lagP50Ms} ms p50, ${lagP99Ms} ms p99`,
        );
      const { facts, publishedPerSecond, publisherMicros } = kafka.backlog;
      console.log(`\na backlog of ${facts} facts to Kafka: ${publishedPerSecond} facts/s, CPU per fact ${publisherMicros} us`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
