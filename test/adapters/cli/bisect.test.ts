import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEngine, realEngine, sleeper } from './terminal.ts';

let engine: RealEngine;
let good: string;
beforeAll(async () => {
  engine = await realEngine();
  await engine.wharf(['app', 'deploy', '-', '--wait'], { stdin: sleeper('/web') });
  good = String(engine.server.engine.log.head());
  await engine.wharf(['app', 'scale', '/web', '3', '--wait']);
});
afterAll(() => engine.end());

const bisect = (assert: string, ...more: readonly string[]) =>
  engine.wharf(['bisect', '--good', good, '--bad', String(engine.server.engine.log.head()), '--assert', assert, ...more]);

test('a running engine tells the change, who asked for it, and where to ask on', async () => {
  const { code, out, err } = await bisect("apps['/web'].instances < 3");
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(
    /^last good {2}#\d+ {2}\S+Z\nfirst bad {2}#\d+ {2}\S+Z\n\nApp \/web was scaled: version \S+ with 3 instances\. {2}\[local\]\n/,
  );
  expect(out).toMatch(/\nIt goes back to #\d+: \S+ was asked for of \/web and accepted\. {2}\[local\]\n/);
  expect(out).toMatch(/More: wharf why '#\d+'\n$/);
  const { json } = await bisect("apps['/web'].ready < 3", '--first', '--json');
  expect(json).toMatchObject({ first: true, change: { type: 'ContainerStarted' }, byTime: false });
});

test('what is wrong ends with an exit code and a sentence', async () => {
  expect(await bisect("apps['/web'].redy < 3")).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining("assert, character 13: an app has no field 'redy'; did you mean 'ready'?"),
  });
  expect(await bisect('size(nodes) > 7')).toMatchObject({
    code: 1,
    err: expect.stringContaining('good: the assertion fails already at #'),
  });
  expect(await engine.wharf(['bisect', '--good', '1', '--bad', '2'])).toMatchObject({ code: 2 });
});
