import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { simulatedServer } from '../../support/simulatedServer.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { type } from './terminal.ts';

const APP = JSON.stringify({ id: '/web', cmd: 'exec serve', cpus: 0.1, mem: 32, instances: 3 });

describe('wharf strategy', () => {
  test('new writes a strategy that is drawn and rehearsed as it is, and overwrites nothing', async () => {
    const folder = join(temporaryFolder(), 'strategies');
    const file = join(folder, 'gentle-one.ts');
    expect((await type(['strategy', 'new', 'gentle-one', folder])).code).toBe(0);
    expect(['gentle-one.ts', 'gentle-one.test.ts', 'README.md'].filter((name) => !existsSync(join(folder, name)))).toEqual([]);
    expect(readFileSync(file, 'utf8').split('\n').length).toBeLessThan(65);
    writeFileSync(file, `${readFileSync(file, 'utf8')}// mine\n`);
    expect((await type(['strategy', 'new', 'gentle-one', folder])).out).toContain(`${file} is there already, and stays`);
    expect(readFileSync(file, 'utf8')).toContain('// mine');

    const drawn = await type(['strategy', 'draw', file]);
    expect(drawn.out).toContain('serving --> following : after rest');
    expect(drawn.out).not.toContain('returning');
    expect((await type(['strategy', 'draw', file, '--whole'])).out).toContain('returning');
    const picture = join(folder, 'x.svg');
    expect((await type(['strategy', 'draw', file, '--svg', picture])).code).toBe(0);
    expect(readFileSync(picture, 'utf8')).toMatch(/^<svg .*following.*<\/svg>\n$/s);

    const app = join(folder, 'web.json');
    writeFileSync(app, APP);
    const rehearsed = await type(['strategy', 'rehearse', file, '--app', app, '--hosts', '5', '--faults', '3']);
    expect([rehearsed.err, rehearsed.code]).toEqual(['', 0]);
    expect(rehearsed.out).toMatch(/TIME +STATE +NEW +OLD +SHARE +WHAT HAPPENED\n0:00 +looking/);
    expect(rehearsed.out).toMatch(/It (succeeded|failed) after \d+:\d\d/);
    const { json } = await type(['--json', 'strategy', 'rehearse', file, '--app', app, '--parameters', '{"seconds": 5}']);
    expect(json).toMatchObject({ outcome: 'succeeded', leastReady: 3 });
  });

  test('a file that breaks a rule is told by line, and a parameter that there is not by name', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'wrong.ts');
    writeFileSync(
      file,
      "import { strategy } from 'wharfinger/strategy';\nexport const now = Date.now();\nexport default strategy({ id: 'a.v1', description: 'x' }, { initial: 'a', states: { a: {} } });\n",
    );
    const drawn = await type(['strategy', 'draw', file]);
    expect([drawn.code, drawn.err]).toEqual([1, expect.stringContaining("wrong.ts:2: 'Date': a strategy has no clock")]);
    const app = join(folder, 'web.json');
    writeFileSync(app, APP);
    const rehearsed = await type(['strategy', 'rehearse', 'rolling', '--app', app, '--parameters', '{"batchsize": 1}']);
    expect([rehearsed.code, rehearsed.err]).toEqual([1, expect.stringContaining('/deployment/parameters')]);
    expect((await type(['strategy', 'rehearse', 'rolling', '--app', app, '--hosts', 'many'])).code).toBe(2);
    expect((await type(['strategy', 'new', 'Wrong Name', folder])).code).toBe(2);
  });

  test('list and show tell of the built-in strategies, of those that were registered, and of the files that were refused', async () => {
    const folder = temporaryFolder();
    await type(['strategy', 'new', 'gentle', folder]);
    writeFileSync(join(folder, 'wrong.ts'), 'export default Date;');
    const { url } = await simulatedServer(0, { strategies: folder });
    const list = await type(['--url', url, 'strategy', 'list']);
    expect(list.out).toMatch(/rolling\.v2 +built-in +built in +New instances come/);
    expect(list.out).toMatch(/gentle\.v1 +\S+gentle\.ts +2 instances, 1 faults, \d+ states/);
    expect(list.out).toMatch(/refused: \S+wrong\.ts\n {2}wrong\.ts:1: 'Date': a strategy has no clock/);
    const show = await type(['--url', url, 'strategy', 'show', 'gentle']);
    expect(show.out).toMatch(/parameters:\n {2}first: integer \(1\)/);
    expect(show.out).toContain('shielding --> trying : TrafficShifted');
    expect((await type(['--url', url, 'strategy', 'show', 'gentle', '--source'])).out).toContain('var gentle_default = strategy(');
    expect((await type(['--url', url, 'strategy', 'draw', 'canary'])).out).toContain('soaking --> asking : after step [asks]');
    expect((await type(['--url', url, 'strategy', 'show', 'nothing'])).code).toBe(1);
  }, 60_000);
});
