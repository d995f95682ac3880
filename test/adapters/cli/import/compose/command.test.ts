// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Compose's variables, not JavaScript's.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderForFile } from '../../../../support/temporaryFolder.ts';
import { type RealEngine, realEngine, type as wharf } from '../../terminal.ts';

const folder = join(folderForFile(), 'blog');
const file = join(folder, 'compose.yml');
let engine: RealEngine;
beforeAll(async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, '.env'), 'TAG=16\nPASSWORD=from-env\n');
  writeFileSync(join(folder, 'db.env'), 'POSTGRES_PASSWORD=${PASSWORD}\n');
  writeFileSync(
    file,
    'services:\n  db: { image: "postgres:${TAG}", env_file: db.env }\n  web: { image: web, depends_on: [db], ports: ["8080:80"], container_name: x }\n',
  );
  engine = await realEngine();
});
afterAll(() => engine.end());

test('a file becomes a group on disk, without an engine, and its remarks are said beside it', async () => {
  const out = join(folder, 'group.json');
  const made = await wharf(['import', 'compose', file, '--out', out]);
  expect(made).toMatchObject({ code: 0, out: `2 apps of group /blog in ${out}\n` });
  expect(made.err).toContain('left out: services.web.container_name: ');
  const group = JSON.parse(readFileSync(out, 'utf8'));
  expect(group).toMatchObject({
    id: '/blog',
    apps: [
      { id: 'db', container: { docker: { image: 'postgres:16' } }, env: { POSTGRES_PASSWORD: 'from-env' } },
      { id: 'web', dependencies: ['db'] },
    ],
  });
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const shell = await wharf(['import', 'compose', file, '--out', '-', '--project', 'other'], { env: { TAG: '17' } });
  expect(shell.json).toMatchObject({ id: '/other', apps: [{ container: { docker: { image: 'postgres:17' } } }, {}] });
});

test('strict, a field that is not carried stops it; so does one without which nothing can be made', async () => {
  const strict = await wharf(['import', 'compose', file, '--strict', '--out', '-']);
  expect(strict).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('wharf: 1 field cannot be carried, and nothing was changed\n'),
  });
  const built = await wharf(['import', 'compose', '-', '--out', '-'], { stdin: 'services: { a: { build: . } }' });
  expect(built).toMatchObject({ code: 1, out: '' });
  expect(built.err).toContain('refused: services.a.build: no images are built here');
});

test('what is no compose file, or not there, is wrong usage', async () => {
  expect(await wharf(['import', 'compose', join(folder, 'none.yml')])).toMatchObject({
    code: 2,
    err: `wharf: there is no file ${join(folder, 'none.yml')}\n`,
  });
  expect(await wharf(['import', 'compose', '-'], { stdin: 'a: [' })).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^wharf: standard input is no compose file: .* line 1/),
  });
});

test('services become apps of the group, a second time nothing is left, and an app scaled here keeps its number', async () => {
  const first = await engine.wharf(['import', 'compose', file, '--yes', '--no-wait']);
  expect(first.code).toBe(0);
  expect(first.out).toContain('new       /blog/db  1 instance  postgres:16\n');
  expect(first.out).toContain('note      left out: services.web.container_name: ');
  expect(first.out).toContain('note      /blog/web asks for port 8080 of its node, which no node here hands out; ');
  expect(first.out).toContain('2 apps written\n');
  expect((await engine.wharf(['app', 'show', '/blog/web', '--json'])).json.app).toMatchObject({
    dependencies: ['/blog/db'],
    container: { portMappings: [{ containerPort: 80, hostPort: 8080, servicePort: 8080 }] },
  });
  await engine.wharf(['app', 'scale', '/blog/db', '0', '--force']);
  const again = await engine.wharf(['import', 'compose', file, '--yes', '--no-wait', '--json']);
  expect(again.json).toMatchObject({ new: [], changed: [], equal: [{ id: '/blog/db' }, { id: '/blog/web' }] });
});
