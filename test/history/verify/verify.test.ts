import { beforeAll, expect, test } from 'vitest';
import { openLogFile } from '../../../src/adapters/log/sqlite/logFile.ts';
import type { HeldViews, HistoryFault, VerifyReport } from '../../../src/domain/ports/verification.ts';
import type { ChainedFact } from '../../../src/domain/proof/chained.ts';
import { arrayPast } from '../../../src/history/arrayPast.ts';
import { verifyHistory } from '../../../src/history/verify/verify.ts';
import { sourcesOf } from '../../../src/logs/verify.ts';
import { chainedLog, rechained } from '../../support/chainedHistory.ts';
import { folderForFile } from '../../support/temporaryFolder.ts';
import { live, openWitnessedServer } from '../../support/witnessedServer.ts';

const folder = folderForFile();
let facts: readonly ChainedFact[] = [];

beforeAll(async () => {
  const witnessed = await openWitnessedServer(folder);
  await live(witnessed, '/web');
  await witnessed.server.close();
  const log = openLogFile(witnessed.logFile);
  facts = [...log.facts(0, log.head())];
  log.close();
}, 60_000);

const verified = (history: readonly ChainedFact[], held?: (head: number) => readonly HeldViews[]): VerifyReport => {
  const sources = { ...sourcesOf(chainedLog(history)), ...(held !== undefined && { checkpointsOf: held }) };
  const steps = verifyHistory(sources);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
};
const named = ({ faults }: VerifyReport) => faults.map(({ kind, stream, revision }: HistoryFault) => [kind, stream, revision]);

/** The history with one fact written differently and all chains computed again, as only who can write all of the log could. */
const rewritten = (which: (fact: ChainedFact) => boolean, change: (fact: ChainedFact) => ChainedFact) => {
  const at = facts.findIndex(which);
  expect(at).toBeGreaterThanOrEqual(0);
  const fact = facts[at] as ChainedFact;
  return { fact, history: rechained(facts.map((each, i) => (i === at ? change(each) : each))) };
};
const withMeta = (meta: Partial<ChainedFact['meta']>) => (fact: ChainedFact) => ({ ...fact, meta: { ...fact.meta, ...meta } });

test('what an engine wrote holds, and so does each beginning of it', () => {
  const report = verified(facts);
  expect(report).toMatchObject({ facts: facts.length, head: facts.length, faultCount: 0, faults: [], void: 0 });
  expect(report.ended).toBeGreaterThan(0);
  for (const upTo of [0, 1, 2, 10, facts.length - 1]) expect(verified(facts.slice(0, upTo)).faultCount).toBe(0);
});

test.each([
  ['state', { state: 'resting' }],
  ['owes', { owes: 'run,stop' }],
  ['due', { due: 5 }],
] as const)('a %s that the chart does not say is found, though all chains hold', (kind, meta) => {
  const { fact, history } = rewritten(({ type }) => type.startsWith('ContainerStarted'), withMeta(meta));
  expect(named(verified(history))).toEqual([[kind, fact.stream, fact.revision]]);
});

test('a fact that the chart does not explain is found, and its stream is left alone from there on', () => {
  const { fact, history } = rewritten(
    ({ type }) => type.startsWith('InstancePlaced'),
    (placed) => ({ ...placed, type: 'ContainerStarted.v1', data: '{}' }),
  );
  expect(named(verified(history))).toEqual([['unexplained', fact.stream, fact.revision]]);
});

test('a fact that nobody can read, and a chart that nobody has, are found', () => {
  const unknown = rewritten(
    ({ type }) => type.startsWith('InstancePlaced'),
    (placed) => ({ ...placed, type: 'InstancePlaced.v99' }),
  );
  expect(named(verified(unknown.history))).toEqual([['form', unknown.fact.stream, unknown.fact.revision]]);
  const chartless = rewritten(
    ({ stream, revision }) => stream.startsWith('instance-') && revision === 0,
    withMeta({ chart: 'instance.v99' }),
  );
  expect(named(verified(chartless.history))).toEqual([['chart', chartless.fact.stream, 0]]);
});

test('something behind the end of a stream is found', () => {
  // Of the app that was removed.
  const ended = facts.find(({ stream }) => stream.startsWith('instance-'))?.stream;
  const final = facts.filter(({ stream }) => stream === ended).at(-1) as ChainedFact;
  const more = { ...final, revision: final.revision + 1, position: facts.length + 1 };
  expect(named(verified(rechained([...facts, more])))).toEqual([['unexplained', final.stream, final.revision + 1]]);
});

test('what a succeeded leader wrote is void and named, and so is a term that no leader took', () => {
  const taken = facts.find(({ type }) => type.startsWith('LeaseTaken')) as ChainedFact;
  const successor = {
    ...taken,
    revision: 1,
    position: facts.length + 1,
    data: '{"term":2,"holder":"another"}',
    meta: { ...taken.meta, term: 2 },
  };
  const { chart: _, ...meta } = successor.meta;
  const app = facts.filter(({ stream }) => stream.startsWith('app-')).at(-1) as ChainedFact;
  const late = { ...app, revision: app.revision + 1, position: facts.length + 2 };
  const behind = verified(rechained([...facts, { ...successor, meta }, late]));
  expect(named(behind)).toEqual([['void', app.stream, app.revision + 1]]);
  expect(behind.void).toBe(1);
  const leaderless = verified(rechained([...facts, { ...late, position: facts.length + 1, meta: { ...late.meta, term: 7 } }]));
  expect(named(leaderless)[0]).toEqual(['term', app.stream, app.revision + 1]);
});

test('views that others hold are compared with what the facts fold to, at the position that they stand at', () => {
  const { decode } = sourcesOf(chainedLog(facts));
  const past = arrayPast(facts.map(decode));
  const middle = Math.floor(facts.length / 2);
  const held = (position: number, of = position): HeldViews => ({
    holder: `a checkpoint at ${position}`,
    position,
    views: () => past.views(of),
  });
  const same = verified(facts, (head) => [held(head), held(middle)]);
  expect(same).toMatchObject({ faultCount: 0, viewsOf: [`a checkpoint at ${middle}`, `a checkpoint at ${facts.length}`] });
  const stale = verified(facts, () => [held(facts.length, middle)]);
  expect(stale.faults.map(({ kind }) => kind)).toEqual(stale.faults.map(() => 'view'));
  expect(stale.faults.map(({ detail }) => detail.split(' ')[0])).toEqual(expect.arrayContaining(['roster', 'apps', 'instances']));
});
