import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { busyboxRoot, findBusybox } from '../../src/adapters/hosts/docker/busyboxImage.ts';

/** A registry with one image, as much of the distribution API (v2, schema 2) as a pull needs. */
export type Registry = {
  /** `host:port`, the first part of a reference. */
  readonly name: string;
  readonly image: string;
  /** Paths asked for so far, without those that got 401. */
  readonly served: readonly string[];
  /** From now on every request is answered with this status; undefined ends that. */
  fail(status: number | undefined): void;
  stop(): Promise<void>;
};

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

export const startRegistry = async (
  address: string,
  login?: { readonly username: string; readonly password: string },
): Promise<Registry> => {
  const busybox = await findBusybox();
  if (busybox === undefined) throw new Error('no static busybox');
  const root = await buffer(busyboxRoot(busybox));
  const layer = gzipSync(root);
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Cmd: ['/bin/sh'], Env: ['PATH=/bin'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(root)] },
      history: [{ created: '1970-01-01T00:00:00Z' }],
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: config.length, digest: digestOf(config) },
      layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: layer.length, digest: digestOf(layer) }],
    }),
  );
  const content = new Map([
    ['/v2/', { type: 'application/json', bytes: Buffer.from('{}') }],
    ['/v2/team/tool/manifests/1', { type: MANIFEST, bytes: manifest }],
    [`/v2/team/tool/manifests/${digestOf(manifest)}`, { type: MANIFEST, bytes: manifest }],
    [`/v2/team/tool/blobs/${digestOf(config)}`, { type: 'application/octet-stream', bytes: config }],
    [`/v2/team/tool/blobs/${digestOf(layer)}`, { type: 'application/octet-stream', bytes: layer }],
  ]);
  const wanted = login === undefined ? undefined : `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const served: string[] = [];
  let failure: number | undefined;
  const refuse = (response: ServerResponse, status: number, code: string) => {
    response.writeHead(status, {
      'Content-Type': 'application/json',
      ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="test"' } : {}),
    });
    response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replace('_', ' ') }] }));
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    if (failure !== undefined) return refuse(response, failure, 'UNAVAILABLE');
    if (wanted !== undefined && request.headers.authorization !== wanted) return refuse(response, 401, 'UNAUTHORIZED');
    served.push(path);
    const found = content.get(path);
    if (found === undefined) return refuse(response, 404, 'MANIFEST_UNKNOWN');
    response.writeHead(200, {
      'Content-Type': found.type,
      'Content-Length': found.bytes.length,
      'Docker-Content-Digest': digestOf(found.bytes),
      'Docker-Distribution-Api-Version': 'registry/2.0',
    });
    response.end(request.method === 'HEAD' ? undefined : found.bytes);
  });
  server.listen(0, address);
  await once(server, 'listening');
  const name = `${address}:${(server.address() as AddressInfo).port}`;
  return {
    name,
    image: `${name}/team/tool:1`,
    served,
    fail: (status) => {
      failure = status;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
