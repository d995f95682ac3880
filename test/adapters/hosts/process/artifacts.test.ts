import { execFileSync } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bringArtifact, withoutSecrets } from '../../../../src/adapters/hosts/process/fetch/bringArtifact.ts';
import { download } from '../../../../src/adapters/hosts/process/fetch/download.ts';
import { unpack } from '../../../../src/adapters/hosts/process/fetch/unpack.ts';
import type { Artifact } from '../../../../src/domain/ports/hosts.ts';
import { ended, succeeded } from '../../../contracts/hostRuntime.contract.ts';
import { openTemporaryHost, processSpec } from './harness.ts';
import { storedZip } from './storedZip.ts';

let place: string;
let sandbox: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'wharf-fetch-'));
  sandbox = join(place, 'staging', 'sandbox');
  await mkdir(sandbox, { recursive: true });
});
afterEach(() => rm(place, { recursive: true, force: true }));

const artifact = (uri: string, more: Partial<Artifact> = {}): Artifact => ({ uri, extract: true, executable: false, ...more });

type TarEntry = Partial<Header> & { readonly name: string; readonly text?: string };

const tarOf = async (entries: readonly TarEntry[]): Promise<Buffer> => {
  const archive = pack();
  for (const { text = '', ...header } of entries) archive.entry({ mode: 0o644, ...header }, text);
  archive.finalize();
  return buffer(archive as unknown as NodeJS.ReadableStream);
};

const file = async (name: string, content: Buffer | string): Promise<string> => {
  await writeFile(join(place, name), content);
  return pathToFileURL(join(place, name)).href;
};

const harmless: readonly TarEntry[] = [
  { name: './', type: 'directory' },
  { name: 'bin/', type: 'directory' },
  { name: 'bin/run', mode: 0o4755, text: 'echo hi' },
  { name: 'bin/also', type: 'symlink', linkname: 'run' },
  { name: 'up/down/link', type: 'symlink', linkname: '../../bin/run' },
  { name: 'bin/hard', type: 'link', linkname: 'bin/run' },
];

describe('an archive', () => {
  test.each(['tar', 'tar.gz', 'tgz', 'tar.bz2', 'tbz2', 'tar.xz', 'txz'])(
    '.%s is unpacked, with its links and permissions',
    async (ending) => {
      const plain = await tarOf(harmless);
      const squeeze = (tool: string) => execFileSync(tool, ['-c'], { input: plain });
      const packed = /gz$/.test(ending)
        ? gzipSync(plain)
        : /bz2$/.test(ending)
          ? squeeze('bzip2')
          : /xz$/.test(ending)
            ? squeeze('xz')
            : plain;
      expect(await bringArtifact(artifact(await file(`app.${ending}`, packed)), sandbox)).toBeUndefined();
      for (const name of ['bin/run', 'bin/also', 'up/down/link', 'bin/hard'])
        expect(await readFile(join(sandbox, name), 'utf8')).toBe('echo hi');
      expect((await stat(join(sandbox, 'bin/run'))).mode & 0o7777).toBe(0o755);
    },
  );

  test('.zip is unpacked', async () => {
    const zip = storedZip([{ name: 'conf/' }, { name: 'conf/a.txt', text: 'a' }, { name: 'link', text: 'conf/a.txt', mode: 0o120777 }]);
    expect(await bringArtifact(artifact(await file('app.zip', zip)), sandbox)).toBeUndefined();
    expect(await readFile(join(sandbox, 'link'), 'utf8')).toBe('a');
  });

  test('.gz of one file is unpacked under its name', async () => {
    expect(await bringArtifact(artifact(await file('data.json.gz', gzipSync('{}'))), sandbox)).toBeUndefined();
    expect(await readFile(join(sandbox, 'data.json'), 'utf8')).toBe('{}');
  });

  test('is left as it is unless it is to be unpacked', async () => {
    const tar = await tarOf(harmless);
    expect(await bringArtifact(artifact(await file('app.tar', tar), { extract: false }), sandbox)).toBeUndefined();
    expect(await readFile(join(sandbox, 'app.tar'))).toEqual(tar);
  });

  test('that is broken is a fault', async () => {
    const fault = await bringArtifact(artifact(await file('app.tgz', gzipSync(await tarOf(harmless)).subarray(0, 80))), sandbox);
    expect(fault?._tag).toBe('ArtifactFetchFailed');
    expect(await bringArtifact(artifact(await file('app.txz', 'no xz at all')), sandbox)).toMatchObject({
      message: expect.stringContaining('xz failed'),
    });
  });

  test('that unpacks to more than the limit is a fault', async () => {
    const uri = await file('bomb.tgz', gzipSync(await tarOf([{ name: 'big', text: 'x'.repeat(100_000) }])));
    await expect(unpack('tar.gz', new URL(uri).pathname, sandbox, 50_000)).rejects.toThrow('larger than 50000 bytes');
  });
});

describe('no entry of an archive leaves the sandbox', () => {
  const attacks: readonly (readonly [what: string, named: string, entries: readonly TarEntry[]])[] = [
    ['an absolute path', '/tmp/wharf-escaped', [{ name: '/tmp/wharf-escaped', text: 'x' }]],
    ['a path with ..', '../escaped', [{ name: '../escaped', text: 'x' }]],
    ['a path with .. inside', 'a/../../escaped', [{ name: 'a/../../escaped', text: 'x' }]],
    ['a directory outside', '../dir/', [{ name: '../dir/', type: 'directory' }]],
    ['a link to an absolute path', 'link', [{ name: 'link', type: 'symlink', linkname: '/etc' }]],
    ['a link that climbs out', 'link', [{ name: 'link', type: 'symlink', linkname: '../..' }]],
    [
      'a link that climbs through a link',
      'a/two',
      [
        { name: 'a/one', type: 'symlink', linkname: '..' },
        { name: 'a/two', type: 'symlink', linkname: 'one/..' },
      ],
    ],
    [
      'a write through a link',
      'dir/file',
      [
        { name: 'real/', type: 'directory' },
        { name: 'dir', type: 'symlink', linkname: 'real' },
        { name: 'dir/file', text: 'x' },
      ],
    ],
    [
      'a write onto a link',
      'link',
      [
        { name: 'link', type: 'symlink', linkname: 'elsewhere' },
        { name: 'link', text: 'x' },
      ],
    ],
    ['a hard link to outside', 'hard', [{ name: 'hard', type: 'link', linkname: '../secret' }]],
    ['a hard link to an absolute path', 'hard', [{ name: 'hard', type: 'link', linkname: '/etc/passwd' }]],
    [
      'a hard link to a link',
      'hard',
      [
        { name: 'link', type: 'symlink', linkname: 'x' },
        { name: 'hard', type: 'link', linkname: 'link' },
      ],
    ],
    ['a device', 'device', [{ name: 'device', type: 'character-device', devmajor: 1, devminor: 3 }]],
    ['a pipe', 'pipe', [{ name: 'pipe', type: 'fifo' }]],
  ];
  test.each(attacks)('%s', async (_what, named, entries) => {
    await writeFile(join(place, 'secret'), 'secret');
    const before = await readdir(place, { recursive: true });
    const uri = await file('attack.tar', await tarOf(entries));
    const fault = await bringArtifact(artifact(uri), sandbox);
    expect(fault).toMatchObject({ _tag: 'ArtifactFetchFailed', uri });
    expect(fault?.message).toContain(JSON.stringify(named));
    const outside = (await readdir(place, { recursive: true })).filter(
      (name) => !name.startsWith('staging/sandbox/') && name !== 'attack.tar',
    );
    expect(outside.toSorted()).toEqual(before.toSorted());
    await expect(access('/tmp/wharf-escaped')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each([
    ['../escaped', [{ name: '../escaped', text: 'x' }]],
    ['/escaped', [{ name: '/escaped', text: 'x' }]],
    ['link', [{ name: 'link', text: '/etc/passwd', mode: 0o120777 }]],
    [
      'd/file',
      [
        { name: 'd', text: 'real', mode: 0o120777 },
        { name: 'd/file', text: 'x' },
      ],
    ],
  ])('of a zip neither: %s', async (named, entries) => {
    const fault = await bringArtifact(artifact(await file('attack.zip', storedZip(entries))), sandbox);
    expect(fault?._tag).toBe('ArtifactFetchFailed');
    expect(fault?.message).toContain(named);
  });

  test.each(['../x', '/x', 'a/../../x'])('nor a destination: %s', async (destPath) => {
    const fault = await bringArtifact(artifact(await file('plain', 'x'), { destPath }), sandbox);
    expect(fault?.message).toContain(JSON.stringify(destPath));
    expect(await readdir(sandbox)).toEqual([]);
  });

  test('nor a destination behind a link that an earlier artifact brought', async () => {
    await symlink(place, join(sandbox, 'way'));
    const fault = await bringArtifact(artifact(await file('plain', 'x'), { destPath: 'way/x' }), sandbox);
    expect(fault?.message).toContain('through a link');
  });
});

describe('over http', () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url?.startsWith('/app.sh')) response.end('#!/bin/sh\necho fetched\n');
      else if (request.url === '/private' && request.headers.authorization === `Basic ${btoa('me:pass word')}`) response.end('for me');
      else if (request.url === '/slow') response.write('…');
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('a file arrives, executable and at its destination, and is the program that runs', async () => {
    const opened = await openTemporaryHost();
    const spec = processSpec({
      command: { args: ['bin/tool'] },
      artifacts: [artifact(`${base}/app.sh?token=1`, { executable: true, destPath: 'bin/tool' })],
    });
    succeeded(await opened.host.run(spec)());
    await ended(opened.host, spec.instance);
    const lines: string[] = [];
    for await (const { text } of opened.host.logs(spec.instance, { follow: false })) lines.push(text);
    expect(lines).toEqual(['fetched']);
    expect((await stat(join(opened.root, spec.instance, 'sandbox/bin/tool'))).mode & 0o777).toBe(0o755);
    await opened.cleanup();
  });

  test('one artifact that can’t be had starts nothing and leaves nothing', async () => {
    const opened = await openTemporaryHost();
    const spec = processSpec({ artifacts: [artifact(`${base}/app.sh`), artifact(`${base}/gone`)] });
    expect(await opened.host.run(spec)()).toEqual({
      _tag: 'Left',
      left: { _tag: 'ArtifactFetchFailed', uri: `${base}/gone`, message: 'the server answered 404 Not Found' },
    });
    expect((await readdir(opened.root)).filter((name) => name !== '.hints')).toEqual([]);
    await opened.cleanup();
  });

  test('credentials of the URI are used, and never told', async () => {
    const { host } = new URL(base);
    expect(await bringArtifact(artifact(`http://me:pass%20word@${host}/private`), sandbox)).toBeUndefined();
    expect(await bringArtifact(artifact(`http://me:wrong@${host}/private?sig=1`), sandbox)).toMatchObject({ uri: `${base}/private` });
    expect(withoutSecrets('https://u:p@h/x?y=z')).toBe('https://h/x');
  });

  test('time and size are limited', async () => {
    const limits = { maxBytes: 1000, timeoutMs: 200 };
    await expect(download(new URL(`${base}/slow`), join(place, 'slow'), limits)).rejects.toThrow('took longer than 200 ms');
    await expect(download(new URL(`${base}/app.sh`), join(place, 'big'), { maxBytes: 5, timeoutMs: 10_000 })).rejects.toThrow(
      'larger than 5 bytes',
    );
  });

  test('another scheme is refused', async () => {
    expect(await bringArtifact(artifact('ftp://h/x'), sandbox)).toMatchObject({ message: 'ftp: is none of file:, http:, https:' });
    expect(await bringArtifact(artifact('no uri'), sandbox)).toMatchObject({ _tag: 'ArtifactFetchFailed' });
  });
});
