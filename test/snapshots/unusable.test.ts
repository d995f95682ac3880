import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { zstdDecompressSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { recordedOf } from '../../src/domain/recordedOf.ts';
import { closedSealer } from '../../src/history/asOf/sealedTexts.ts';
import { createViews } from '../../src/projections/views.ts';
import { frameOf, MAGIC } from '../../src/snapshots/frames.ts';
import { openViews } from '../../src/snapshots/open.ts';
import type { SnapshotHead } from '../../src/snapshots/snapshotFile.ts';
import { takeSnapshot } from '../../src/snapshots/take.ts';
import { dumpOf } from '../history/dump.ts';
import { diceOf } from '../simulation/dice.ts';
import { historyNames, storedHistory } from '../support/histories.ts';
import { folderForFile } from '../support/temporaryFolder.ts';
import { appendAll } from './logOf.ts';

const FRAME_HEAD = 12;

/** The same file with another head, its checksum right. */
const withHead = (file: Buffer, change: (head: SnapshotHead) => SnapshotHead): Buffer => {
  const from = MAGIC.length + FRAME_HEAD;
  const to = from + file.readUInt32BE(MAGIC.length + 4);
  const head = change(JSON.parse(zstdDecompressSync(file.subarray(from, to)).toString()) as SnapshotHead);
  return Buffer.concat([MAGIC, ...frameOf(Buffer.from(JSON.stringify(head))), file.subarray(to)]);
};

describe('a snapshot', () => {
  const folder = folderForFile();
  const [file, snapshot, tried] = [`${folder}/log.sqlite`, `${folder}/views.snapshot`, `${folder}/tried.snapshot`];
  const facts = storedHistory(historyNames()[0] as string);
  let bytes: Buffer;

  beforeAll(async () => {
    await appendAll(file, facts);
    await takeSnapshot({ file, snapshot });
    bytes = readFileSync(snapshot);
  });

  /** What is told of a snapshot that was not used; undefined where it was. */
  const troubleWith = async (content: Buffer, log = file): Promise<string | undefined> => {
    writeFileSync(tried, content);
    let trouble: string | undefined;
    const views = await openViews({ file: log, snapshot: tried }, closedSealer.open, (text) => {
      trouble = text;
    });
    expect(views.position()).toBe(trouble === undefined ? facts.length : 0);
    return trouble;
  };

  it('is used as it was written', async () => {
    expect(await troubleWith(bytes)).toBeUndefined();
  });

  it('is not used where any byte was changed, or the file cut short, and the log tells all again', { timeout: 60_000 }, async () => {
    const dice = diceOf(1);
    for (let nth = 0; nth < 40; nth++) {
      const changed = Buffer.from(bytes);
      const at = dice.whole(0, bytes.length - 1);
      changed[at] = (changed[at] as number) ^ dice.whole(1, 255);
      expect(await troubleWith(changed), `byte ${at}`).toMatch('is not used, the log is read from its beginning');
      const length = dice.whole(0, bytes.length - 1);
      expect(await troubleWith(bytes.subarray(0, length)), `${length} bytes`).toMatch('is not used');
    }
    expect(await troubleWith(Buffer.concat([bytes, Buffer.of(0)]))).toMatch('is not used');
    const views = await openViews({ file, snapshot: tried }, closedSealer.open, () => {});
    const recorded = facts.map((stored) => recordedOf(stored, closedSealer));
    views.take(recorded);
    const whole = createViews();
    whole.take(recorded);
    expect(dumpOf(views)).toEqual(dumpOf(whole));
  });

  it('is not used when a view has another version by now, or the file another format', async () => {
    const older = withHead(bytes, (head) => ({ ...head, views: head.views.replace(/instances@(\d+)/, (_, n) => `instances@${n - 1}`) }));
    expect(await troubleWith(older)).toMatch('it is of other versions of the views');
    expect(await troubleWith(withHead(bytes, (head) => ({ ...head, format: head.format + 1 })))).toMatch('it is of format');
  });

  it('is not used when streams have left the log since, or the log does not stand where it was made', async () => {
    const why = 'the log does not stand where it was made';
    expect(await troubleWith(withHead(bytes, (head) => ({ ...head, removed: head.removed + 1 })))).toMatch(why);
    expect(await troubleWith(withHead(bytes, (head) => ({ ...head, hash: '00'.repeat(32) })))).toMatch(why);
    expect(await troubleWith(withHead(bytes, (head) => ({ ...head, position: head.position - 1 })))).toMatch(why);
    const shorter = `${folder}/shorter.sqlite`;
    await appendAll(shorter, facts.slice(0, -1));
    expect(await troubleWith(bytes, shorter)).toMatch(why);
    const another = `${folder}/another.sqlite`;
    await appendAll(another, [{ ...(facts[0] as (typeof facts)[number]), id: '00000000-0000-4000-8000-00000000abcd' }, ...facts.slice(1)]);
    expect(await troubleWith(bytes, another)).toMatch(why);
  });

  it('that cannot be used is made again from zero by whoever takes the next one', async () => {
    const again = `${folder}/again.snapshot`;
    writeFileSync(again, bytes.subarray(0, bytes.length - 3));
    expect(await takeSnapshot({ file, snapshot: again })).toMatchObject({ folded: facts.length });
    expect(await takeSnapshot({ file, snapshot: again })).toMatchObject({ folded: 0 });
    expect(await troubleWith(readFileSync(again))).toBeUndefined();
  });

  it('is not taken while a stream cannot be read, and the one before stays', async () => {
    const [broken, before] = [`${folder}/broken.sqlite`, `${folder}/before.snapshot`];
    cpSync(file, broken);
    cpSync(snapshot, before);
    const { meta } = facts.at(-1) as (typeof facts)[number];
    const unread = { id: '00000000-0000-4000-8000-00000000abcd', type: 'NodePainted.v1', data: '{}', meta };
    await appendAll(broken, [{ ...unread, stream: 'node-painted', revision: 0, position: facts.length + 1 }]);
    await expect(takeSnapshot({ file: broken, snapshot: before })).rejects.toThrow('node-painted cannot be read');
    expect(readFileSync(before).equals(bytes)).toBe(true);
  });
});
