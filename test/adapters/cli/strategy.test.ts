import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type RealEngine, realEngine, sleeper, type } from './terminal.ts';

const gates = JSON.stringify([{ kind: 'errorRate', name: 'errors', max: 0.05 }]);

let engine: RealEngine;
beforeAll(async () => {
  engine = await realEngine();
  await engine.wharf(['app', 'deploy', '-', '--wait'], { stdin: sleeper('/web') });
});
afterAll(() => engine.end());

test('a backtest of deployments without gates says so, for people and for programs', async () => {
  const ran = await engine.wharf(['strategy', 'backtest', '/web', '--gates', '-'], { stdin: gates });
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out.split('\n')).toEqual([
    'no gate was measured in any deployment',
    'stopped: 0 rightly, 0 wrongly',
    'let pass: 0 rightly, 0 wrongly',
    'precision - · recall -',
    'not judged: 0 undecided, 1 deployment without gates',
    '',
  ]);
  const all = await engine.wharf(['strategy', 'backtest', '--all', '--gates', '-', '--within', '5', '--json'], {
    stdin: `{"gates": ${gates}}`,
  });
  expect(all.json).toMatchObject({ deployments: [], totals: { unmeasured: 1 } });
});

test('what cannot be tried is refused with the reason', async () => {
  const { wharf } = engine;
  expect(await wharf(['strategy', 'backtest', '/none', '--gates', '-'], { stdin: gates })).toMatchObject({
    code: 1,
    err: "wharf: No deployment of '/none' is recorded\n",
  });
  const refused = await wharf(['strategy', 'backtest', '/web', '--gates', '-'], { stdin: '[{"kind": "errorRate", "name": "e"}]' });
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('give max or maxOverBaseline');
  expect(await type(['strategy', 'backtest', '--gates', '-'])).toMatchObject({ code: 2, err: 'wharf: name one app, or --all\n' });
  expect(await type(['strategy', 'backtest', '/web', '--gates', '-', '--within', 'soon'])).toMatchObject({
    code: 2,
    err: "wharf: --within 'soon' is no number of minutes\n",
  });
});

test('a canary is judged by what a URL answers, and so are other thresholds later', async () => {
  const { wharf } = engine;
  let status = 200;
  const server = http.createServer((_, answer) => answer.writeHead(status).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const smoke = { kind: 'http', name: 'smoke', url, intervalSeconds: 0.1, windowSeconds: 0.2 };
  const deployment = { strategy: 'canary', parameters: { steps: [{ weight: 50, seconds: 0 }], gates: [smoke] } };
  const deploy = (version: string) => {
    const definition = { ...JSON.parse(sleeper('/judged')), env: { VERSION: version }, deployment };
    return wharf(['app', 'deploy', '-', '--wait'], { stdin: JSON.stringify(definition) });
  };
  expect((await deploy('1')).code).toBe(0);
  expect((await deploy('2')).code).toBe(0);
  status = 500;
  expect((await deploy('3')).code).toBe(1);
  const backtest = (gate: object) =>
    wharf(['strategy', 'backtest', '/judged', '--gates', '-', '--within', '0'], { stdin: JSON.stringify([{ ...smoke, ...gate }]) });
  const as = (await backtest({})).out.split('\n');
  expect(as[0]).toMatch(/^DEPLOYMENT +APP +BEGAN +DID +WOULD +WAS +VERSION +WHY$/);
  const words = (line = '') => line.split(/ {2,}/);
  expect(words(as.find((line) => / stop /.test(line))).slice(3)).toEqual([
    'stop',
    'stop',
    'right',
    "bad: stopped by its gate 'smoke', and never deployed again",
    'smoke: the share of failed answers is 1, above 0 (HTTP status 500), 3 times in a row',
  ]);
  expect(as).toContain('stopped: 1 rightly, 0 wrongly');
  expect((await backtest({ failureLimit: 10 })).out).toContain('not judged: 1 undecided');
});
