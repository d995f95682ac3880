import { expect, test } from 'vitest';
import type { VerifyReport } from '../../../../src/domain/ports/verification.ts';
import { answersOf } from '../../../../src/history/answers.ts';
import { arrayPast } from '../../../../src/history/arrayPast.ts';
import { world } from '../world.ts';

const REPORT: VerifyReport = {
  facts: 3,
  streams: 1,
  ended: 0,
  head: 3,
  elsewhere: 0,
  void: 0,
  checkpoints: 0,
  witnessedUpTo: 0,
  viewsOf: ['the live engine'],
  faults: [{ kind: 'state', stream: 'app-/web', revision: 1, position: 2, detail: 'says another' }],
  faultCount: 1,
};

test('verifying is told line by line, and the last line is the report', async () => {
  const verify = function* () {
    yield { position: 1, head: 3, faultCount: 0 };
    yield { position: 2, head: 3, faultCount: 1 };
    return REPORT;
  };
  const { call } = await world({ answers: answersOf(arrayPast([]), { verify }) });
  const { status, headers, text } = await call('GET', '/v1/history/verify');
  expect([status, headers['content-type']]).toEqual([200, 'application/x-ndjson']);
  const lines = text.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { progress: { position: 1, head: 3, faultCount: 0 } },
    { progress: { position: 2, head: 3, faultCount: 1 } },
    { report: REPORT },
  ]);
});

test('a server that cannot read its log with its hashes says so', async () => {
  const { call } = await world({ answers: answersOf(arrayPast([])) });
  expect((await call('GET', '/v1/history/verify')).status).toBe(503);
});

test('a checkpoint is written when asked for, and refused where nobody signs', async () => {
  const { call } = await world();
  expect(await call('POST', '/v1/checkpoints')).toMatchObject({
    status: 501,
    body: { message: expect.stringContaining('--checkpoint-key') },
  });
  const failing = await world({ checkpoint: () => Promise.reject(new Error('a witness has seen the log up to 9')) });
  expect(await failing.call('POST', '/v1/checkpoints')).toMatchObject({
    status: 503,
    body: { message: 'a witness has seen the log up to 9' },
  });
});
