import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';
import { arrayPast } from '../../../src/history/arrayPast.ts';
import { bisectIn } from '../../../src/history/bisect/bisect.ts';
import { openPast } from '../../../src/openPast.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { simulatedHistory } from '../simulatedHistory.ts';

const ASSERTIONS = [
  'size(nodes) < 2',
  'apps.all(a, a.ready >= a.instances)',
  'nodes.all(n, n.instances < 3)',
  "nodes.all(n, n.state == 'attached.answering.ready')",
  'size(deployments.filter(d, d.running)) == 0',
  'size(instances) < 6',
  '!ended.exists(i, has(i.exitCode) && i.exitCode != 0)',
];

const INTERVALS = Array.from({ length: 20 }, (_, n) => 1 + 40 * n).flatMap((from) => [20, 90].map((more) => [from, from + more] as const));

test('a log file with an index answers as facts in memory do, with --first and without', async () => {
  const facts = (await simulatedHistory(12, 30)).slice(0, 900);
  const path = `${temporaryFolder()}/log.sqlite`;
  const log = await openSqliteLog({ path, synchronous: 'OFF' });
  for (const { stream, revision, id, type, data, meta } of facts as readonly unknown[] as readonly StoredFact[]) {
    // What nobody has a key to stays closed; no assertion here asks for it.
    const closed = data.replace(/"\$sealed":"(?:[^"\\]|\\.)*"/g, '"$sealed":"c2VhbGVk"');
    const appended = await log.append(stream, revision - 1, [{ id, type, data: closed, meta }]);
    if (E.isLeft(appended)) throw new Error(JSON.stringify(appended.left));
  }
  await log.close();
  const past = openPast({ file: path, factsPerBoundary: 37 });
  try {
    past.catchUp();
    const [fromFile, fromMemory] = [bisectIn(past), bisectIn(arrayPast(facts))];
    let found = 0;
    for (const assert of ASSERTIONS) {
      for (const [good, bad] of INTERVALS) {
        const first = { good, bad, assert, first: true };
        const slow = fromMemory(first);
        expect(fromFile(first)).toEqual(slow);
        const some = fromFile({ ...first, first: false });
        expect([assert, good, bad, E.isRight(some) || some.left]).toEqual([assert, good, bad, E.isRight(slow) || slow.left]);
        if (E.isLeft(some)) continue;
        found += 1;
        const { lastGood, firstBad } = some.right;
        expect(fromMemory({ good: lastGood.position, bad: firstBad.position, assert, first: false })).toMatchObject({
          right: { lastGood, firstBad },
        });
      }
    }
    expect(found).toBeGreaterThan(10);
  } finally {
    past.close();
  }
}, 120_000);
