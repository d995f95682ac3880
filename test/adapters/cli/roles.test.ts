import { expect, test } from 'vitest';
import { openSimulatedServer } from '../../support/simulatedServer.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { type } from './terminal.ts';

test('an operator shares the pool between roles', async () => {
  const dataDir = temporaryFolder();
  const server = await openSimulatedServer({ dataDir, nodes: 1 });
  const wharf = (...argv: string[]) => type(['--data-dir', dataDir, ...argv]);
  const { json } = await wharf('node', 'list', '--json');
  const node: string = json.nodes[0].id;
  expect(await wharf('role', 'weight', 'dev', '2.5')).toMatchObject({ code: 0, out: 'role dev has weight 2.5\n' });
  expect(await wharf('role', 'weight', 'dev', '0')).toMatchObject({ code: 2, err: expect.stringContaining("'0' is no weight") });
  expect(await wharf('role', 'quota', 'dev', '--limit', 'cpus=2,mem=64', '--guarantee', 'cpus=1')).toMatchObject({
    code: 0,
    out: 'role dev: promised 1 cpus, at most 2 cpus, 64 mem, holds -\n',
  });
  expect(await wharf('role', 'quota', 'dev', '--limit', 'ports=2')).toMatchObject({
    code: 2,
    err: expect.stringContaining("'ports=2' is no amount; it looks like cpus=2 or mem=1024"),
  });
  expect(await wharf('role', 'quota', 'dev', '--guarantee', 'cpus=100000')).toMatchObject({
    code: 1,
    err: expect.stringContaining('force'),
  });
  expect(await wharf('node', 'reserve', node, 'dev:cpus=1,mem=32')).toMatchObject({
    code: 0,
    out: `node ${node} keeps 1 cpus, 32 mem for role dev by request\n`,
  });
  expect((await wharf('role', 'list')).out).toMatch(/dev +2.5 +0 % of cpus +- +1 cpus, 32 mem +1 cpus +2 cpus, 64 mem +0/);
  expect(await wharf('node', 'unreserve', node, 'dev:cpus=2')).toMatchObject({ code: 1, err: expect.stringContaining('not in use') });
  expect(await wharf('node', 'unreserve', node, 'dev:cpus=1,mem=32')).toMatchObject({
    out: `node ${node} keeps nothing for role dev by request\n`,
  });
  expect(await wharf('node', 'reserve', node, 'dev')).toMatchObject({ code: 2 });
  expect(await wharf('role', 'quota', 'dev', '--remove')).toMatchObject({ code: 0 });
  expect(await wharf('role', 'quota', 'dev', '--remove')).toMatchObject({
    code: 1,
    err: expect.stringContaining("Role 'dev' has no quota"),
  });
  expect((await wharf('role', 'list', '--json')).json).toMatchObject({ roles: [{ role: '*' }, { role: 'dev', weight: 2.5 }] });
  await server.close();
}, 30_000);
