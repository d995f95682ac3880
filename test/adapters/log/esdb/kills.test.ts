import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { NO_STREAM, type StoredFact, type WireFact } from '../../../../src/domain/kernel/ports.ts';
import { openMirrored } from '../../../support/mirroredLog.ts';
import { startStore } from '../../../support/storeProcess.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';
import { wireFact } from '../../../support/wireFacts.ts';

const KILLS = 4;
const STREAMS = 6;

test('a store that is killed at random loses nothing that was acknowledged, takes nothing twice, and is followed without a gap', async () => {
  const folder = temporaryFolder();
  const store = await startStore(join(folder, 'store.sqlite'));
  const log = await openMirrored(store.connection, folder);
  const followed: StoredFact[] = [];
  await log.subscribe(0, (batch) => followed.push(...batch));
  const acknowledged: WireFact[] = [];
  let isOver = false;

  /** As an actor: what is answered is there; what is not is looked for before anything else is appended. */
  const write = async (stream: string, from: number): Promise<void> => {
    for (let n = from; !isOver; n += 2) {
      const facts = [wireFact(n), wireFact(n + 1)];
      const at = (await log.readStream(stream)).at(-1)?.revision ?? NO_STREAM;
      const answer = await log.append(stream, at, facts);
      if (E.isRight(answer)) acknowledged.push(...facts);
      else if (answer.left._tag === 'Fenced') throw new Error('fenced');
    }
  };
  const writers = Array.from({ length: STREAMS }, (_, i) => write(`app-${i}`, i * 1_000_000));
  for (let kill = 0; kill < KILLS; kill++) {
    const before = acknowledged.length;
    await rest(Math.random() * 400);
    await store.kill();
    await store.restart();
    // The next one comes when it has gone on.
    while (acknowledged.length < before + STREAMS) await rest(5);
  }
  isOver = true;
  await Promise.all(writers);
  await log.close();

  const fresh = await openMirrored(store.connection, temporaryFolder());
  const there = await fresh.readAll({ after: 0, max: 1_000_000 });
  const ids = there.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(acknowledged.filter(({ id }) => !ids.includes(id))).toEqual([]);
  expect(followed.map(({ id, position }) => [id, position])).toEqual(there.map(({ id, position }) => [id, position]));
  for (let i = 0; i < STREAMS; i++) {
    const stream = await fresh.readStream(`app-${i}`);
    expect(stream.map(({ revision }) => revision)).toEqual(stream.map((_, revision) => revision));
  }
  await fresh.close();
  await store.kill();
}, 120_000);
