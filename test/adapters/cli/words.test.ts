import { expect, test } from 'vitest';
import { endpointFrom } from '../../../src/adapters/cli/commands/endpointOptions.ts';
import { age, printable, table } from '../../../src/adapters/cli/render.ts';
import { eventsIn } from '../../../src/adapters/cli/sse.ts';
import { type Course, describe as inWords, shareOf } from '../../../src/adapters/cli/watch.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { type } from './terminal.ts';

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

test.for([1, 2, 3, 7, 1000])('events are read wherever the stream is cut (every %i characters)', async (size) => {
  const text = ': hello\r\n\r\nevent: a\r\nid: 1\r\ndata: {"x":\r\ndata: 1}\r\n\r\n\r\nid: 2\ndata: b:c\n\n';
  const events = [];
  for await (const event of eventsIn(pieces(text, size))) events.push(event);
  expect(events).toEqual([
    { event: 'a', id: '1', data: '{"x":\n1}' },
    { event: 'message', id: '2', data: 'b:c' },
  ]);
});

test('a table fits its terminal, the widest column gives way', () => {
  const rows = [['/a', 'x'.repeat(60), 1]];
  expect(table(['APP', 'WHY', 'N'], rows).split('\n')).toEqual([`APP  WHY${' '.repeat(59)}N`, `/a   ${'x'.repeat(60)}  1`, '']);
  for (const line of table(['APP', 'WHY', 'N'], rows, 40).split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  expect(table(['APP', 'WHY', 'N'], rows, 40)).toContain('…');
});

test('nothing that a terminal would obey is printed', () => {
  expect(printable('a\u001b[2Jb\r\nc\u009bd')).toBe('a [2Jb c d');
});

test.for([
  [0, '0s'],
  [59_999, '59s'],
  [60_000, '1m'],
  [3_600_000, '1h'],
  [200_000_000, '2d'],
  [-5_000, '0s'],
] as const)('%i ms ago is %s', ([ms, text]) => {
  expect(age(1_000_000_000 - ms, 1_000_000_000)).toBe(text);
});

const course = (more: Partial<Course>): Course => ({
  id: 'd',
  app: '/a',
  to: { version: 'v2', configVersion: 'v2', instances: 3 },
  tallies: { v1: { live: 2, ready: 2, leaving: 1, failed: 0 }, v2: { live: 2, ready: 1, leaving: 0, failed: 0 } },
  ...more,
});

test.for([
  [{}, '1 of 3 ready; 2 of the old still up; 1 leaving'],
  [{ waits: '1 waits: next try in 4 s' }, '1 of 3 ready; 2 of the old still up; 1 leaving; 1 waits: next try in 4 s'],
  [{ tallies: { v2: { live: 4, ready: 4, leaving: 0, failed: 0 } } }, '3 of 3 ready; 1 too many'],
  [
    { sick: 'HTTP :31000/: HTTP status 404' },
    '1 of 3 ready; 2 of the old still up; 1 leaving; last unhealthy: HTTP :31000/: HTTP status 404',
  ],
  [{ sick: 'a check', tallies: { v2: { live: 3, ready: 3, leaving: 0, failed: 0 } } }, '3 of 3 ready'],
  [{ outcome: 'succeeded' }, 'succeeded'],
  [{ outcome: 'cancelled', why: 'cancelled by request' }, 'cancelled: cancelled by request'],
] as const)('a course %o reads: %s', ([more, words]) => {
  expect(inWords(course(more))).toBe(words);
});

test('a removal counts down', () => {
  const { to: _, ...removal } = course({});
  expect(inWords(removal)).toBe('4 instances still up; 1 leaving');
  expect(inWords({ id: 'd', app: '/a' })).toBe('begins');
});

test('the share of a roll counts new ones that are ready against those, and old ones, that are there', () => {
  expect(shareOf(course({}))).toEqual({ done: 1, total: 6 });
});

test('a Docker Engine over ssh or TLS is told by host, port and files', () => {
  const path = (text: string): string => `/abs/${text}`;
  expect(endpointFrom({ dockerTls: '[::1]:2376', ca: 'a', cert: 'b', key: 'c' }, path)).toEqual({
    kind: 'docker-tls',
    host: '[::1]',
    port: 2376,
    caFile: '/abs/a',
    certFile: '/abs/b',
    keyFile: '/abs/c',
  });
  expect(endpointFrom({ dockerSsh: 'ops@rack7', key: 'k', hostKey: 'SHA256:x' }, path)).toEqual({
    kind: 'docker-ssh',
    user: 'ops',
    host: 'rack7',
    port: 22,
    keyFile: '/abs/k',
    hostKey: 'SHA256:x',
    socket: '/var/run/docker.sock',
  });
});

test('where no engine answers, that is said plainly, with exit code 3', async () => {
  const folder = temporaryFolder();
  expect(await type(['app', 'list', '--data-dir', folder])).toMatchObject({
    code: 3,
    out: '',
    err: `wharf: no engine answers at ${folder}/wharf.sock; start one with 'wharf serve'\n`,
  });
  expect(await type(['app', 'list', '--url', 'http://127.0.0.1:1'])).toMatchObject({
    code: 3,
    err: "wharf: no engine answers at http://127.0.0.1:1; start one with 'wharf serve'\n",
  });
  expect(await type(['app', 'list', '--url', 'ftp://x'])).toMatchObject({ code: 2 });
});

test.for([[['nonsense']], [['app']], [['app', 'show']], [['app', 'list', '--nonsense']]] as const)('%j is wrong usage', async ([argv]) => {
  const ran = await type(argv);
  expect(ran).toMatchObject({ code: 2, out: '' });
  expect(ran.err).not.toBe('');
});

test('every command has help, and what is not obvious an example', async () => {
  const { code, out } = await type(['--help']);
  expect(code).toBe(0);
  expect(out).toContain('Exit codes:');
  for (const argv of [['app', 'deploy'], ['node', 'add'], ['logs'], ['exec'], ['events'], ['history']]) {
    const help = await type([...argv, '--help']);
    expect(help).toMatchObject({ code: 0, out: expect.stringMatching(/Examples?:\n {2}\$ wharf /) });
  }
  expect(await type(['--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
});
