import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openKeys } from '../../../src/adapters/keys/sqliteKeys.ts';
import type { AppFact } from '../../../src/domain/app/app.facts.ts';
import { openSimulatedServer, type SimulatedServer } from '../../support/simulatedServer.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { type } from './terminal.ts';

const app = (id: string, token: string) => ({ id, cmd: 'sleep 1000', instances: 1, cpus: 0.1, mem: 16, env: { TOKEN: token } });

/** Two apps of two versions each, one of which is gone again. */
const lived = async (server: SimulatedServer): Promise<void> => {
  for (const id of ['/gone', '/stays']) {
    await server.api.ask('POST', '/v2/apps', app(id, 'hunter2'));
    await server.atRest();
    await server.api.ask('PUT', `/v2/apps${id}`, { env: { TOKEN: 'hunter3', OTHER: 'hunter4' } });
    await server.atRest();
  }
  await server.api.ask('DELETE', '/v2/apps/gone');
  await server.atRest();
  await server.until(() => server.engine.views.apps.get('/gone') === undefined);
};

test('a subject is shredded: what it hides is named and asked for, reads say so, chains hold, and an export has ciphertext alone', async () => {
  const dataDir = temporaryFolder();
  const first = await openSimulatedServer({ dataDir });
  await lived(first);
  const wharf = (...argv: string[]) => type(['--data-dir', dataDir, 'log', ...argv]);

  const needed = await wharf('shred', 'app:/stays', '--yes');
  expect(needed).toMatchObject({ code: 1, err: expect.stringContaining('is still needed: the app /stays is there') });
  expect(await first.api.call('POST', '/v1/sealed/shred', { subject: 'app:/stays', key: 'x' })).toMatchObject({ status: 409 });
  expect(await wharf('shred', 'app:/never')).toMatchObject({ code: 1, err: expect.stringContaining("no key for 'app:/never'") });

  const shown = await wharf('shred', 'app:/gone', '--dry-run', '--json');
  expect(shown.json.hidden).toEqual({ 'AppVersionAdded definition.env.*': 3, 'RequestReceived body': 3 });
  let asked = '';
  const kept = await type(['--data-dir', dataDir, 'log', 'shred', 'app:/gone'], {
    ask: async (question) => {
      asked = question;
      return 'n';
    },
  });
  expect(kept).toMatchObject({
    code: 1,
    out: expect.stringContaining('3 × AppVersionAdded definition.env.*\n'),
    err: 'wharf: nothing was changed\n',
  });
  expect(asked).toContain('Nobody can take that back');
  const done = await type(['--data-dir', dataDir, 'log', 'shred', 'app:/gone'], { ask: async () => 'yes' });
  expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/destroyed the key of app:\/gone; recorded as #\d+\n$/) });
  expect(await wharf('shred', 'app:/gone')).toMatchObject({ code: 1, err: expect.stringContaining('it was destroyed') });
  await first.close();

  // A key that outlived its shredding, as where the process died in between: the next engine destroys it.
  const keys = openKeys(join(dataDir, 'keys.sqlite'));
  expect(keys.idOf('app:/gone')).toBeUndefined();
  expect(keys.idOf('app:/stays')).toBeDefined();
  keys.close();

  const second = await openSimulatedServer({ dataDir, nodes: 0 });
  const facts = (await second.engine.log.readStream('app-/gone')).map((stored) => second.engine.decode(stored).fact as AppFact);
  expect(facts.flatMap((fact) => (fact.type === 'AppVersionAdded' ? [fact.definition.env] : []))).toEqual([
    { TOKEN: '[shredded]' },
    { TOKEN: '[shredded]', OTHER: '[shredded]' },
  ]);
  expect((await second.api.get('/v2/apps/stays')).app.env).toEqual({ TOKEN: 'hunter3', OTHER: 'hunter4' });
  expect(second.engine.quarantined().size).toBe(0);
  expect((await wharf('verify', '--file', join(dataDir, 'log.sqlite'))).code).toBe(0);
  const out = join(dataDir, 'export.jsonl');
  expect((await wharf('export', '--out', out)).code).toBe(0);
  expect(readFileSync(out, 'utf8')).toContain('SubjectShredded.v1');
  expect(readFileSync(out, 'utf8')).not.toContain('hunter');
  // The same name may be used again, with a key of its own.
  await second.api.ask('POST', '/v2/apps', app('/gone', 'hunter5'));
  await second.atRest();
  expect((await wharf('shred', 'app:/gone', '--dry-run', '--json')).json.hidden).toEqual({
    'AppVersionAdded definition.env.*': 1,
    'RequestReceived body': 1,
  });
  await second.close();
}, 60_000);

test('a key that was to be destroyed when the process died is destroyed by the next engine', async () => {
  const dataDir = temporaryFolder();
  const first = await openSimulatedServer({ dataDir });
  await lived(first);
  const found = await first.api.get('/v1/sealed?subject=app:/gone');
  const command = { type: 'ShredSubject', ...found } as never;
  await first.engine.submit('retention-log' as never, command, { id: first.engine.ids.next(), by: 'me', body: {} });
  await first.close();
  const keyOf = (): string | undefined => {
    const keys = openKeys(join(dataDir, 'keys.sqlite'));
    const id = keys.idOf('app:/gone');
    keys.close();
    return id;
  };
  expect(keyOf()).toBe(found.key);
  await (await openSimulatedServer({ dataDir, nodes: 0 })).close();
  expect(keyOf()).toBeUndefined();
}, 60_000);
