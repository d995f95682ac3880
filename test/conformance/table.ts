import Table from 'cli-table3';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { Line } from './conform.ts';

type Row = Line & { readonly result: string };

const MARKS: Readonly<Record<string, string>> = { passed: 'ok', failed: 'FAILED', skipped: 'skipped', pending: 'not run' };

/** Prints what the running engine was asked, group by group, with the result of each; a star marks what differs on purpose. */
export default class ConformanceTable implements Reporter {
  readonly #rows: Row[] = [];

  onTestCaseResult(test: TestCase): void {
    const line = test.meta().conformance;
    if (line !== undefined) this.#rows.push({ ...line, result: MARKS[test.result().state] ?? test.result().state });
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const groups = Map.groupBy(this.#rows, ({ group }) => group);
    for (const [group, rows] of groups) this.#print(group, rows);
    const differing = [...new Set(this.#rows.flatMap(({ differs }) => differs ?? []))];
    process.stdout.write(`\n* deliberately different:\n${differing.map((reason) => `  - ${reason}\n`).join('')}`);
    this.#printSums(groups);
    for (const module of modules)
      for (const { message } of [...module.errors(), ...failuresIn(module)]) process.stdout.write(`\n${module.moduleId}: ${message}\n`);
  }

  #print(group: string, rows: readonly Row[]): void {
    const table = new Table({ head: [group, 'when', 'answer', ''], style: { head: [], border: [] } });
    for (const { endpoint, when, expected, differs, result } of rows)
      table.push([endpoint, when, `${expected}${differs === undefined ? '' : ' *'}`, result]);
    process.stdout.write(`${table.toString()}\n`);
  }

  #printSums(groups: ReadonlyMap<string, readonly Row[]>): void {
    const table = new Table({ head: ['group', 'cases', 'ok', 'different', 'failed'], style: { head: [], border: [] } });
    const all = [...groups.values()].flat();
    for (const [group, rows] of [...groups, ['all', all] as const])
      table.push([
        group,
        rows.length,
        rows.filter(({ result }) => result === 'ok').length,
        rows.filter(({ differs }) => differs !== undefined).length,
        rows.filter(({ result }) => result === 'FAILED').length,
      ]);
    process.stdout.write(`\n${table.toString()}\n`);
  }
}

const failuresIn = (module: TestModule): readonly { readonly message: string }[] =>
  [...module.children.allTests('failed')].flatMap((test) =>
    (test.result().errors ?? []).map(({ message }) => ({ message: `${test.fullName}: ${message}` })),
  );
