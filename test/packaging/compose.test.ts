import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

/*
 * What can be known of docker-compose.yml and the Dockerfile without starting them: that they are well formed, and that
 * everything they name is there. The schema is the part of the Compose Specification (compose-spec.io) that the file uses.
 */

const repository = join(import.meta.dirname, '../..');
const text = (path: string): string => readFileSync(join(repository, path), 'utf8');

const duration = z.string().regex(/^(\d+(us|ms|s|m|h))+$/);
const name = z.string().regex(/^[a-zA-Z0-9._-]+$/);
const service = z.strictObject({
  build: z.string().optional(),
  /** A tag that says which version: `latest` changes under its users. */
  image: z.string().regex(/^[a-z0-9./-]+:(?!latest$)[\w.-]+$/),
  profiles: z.array(name).optional(),
  network_mode: z.enum(['host', 'none']).optional(),
  init: z.boolean().optional(),
  restart: z.enum(['no', 'always', 'on-failure', 'unless-stopped']),
  stop_grace_period: duration.optional(),
  /** On loopback: what stands behind has no access control. */
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d{1,5}:\d{1,5}$/)).optional(),
  volumes: z.array(z.string().regex(/^(\/[^:]+|[a-zA-Z0-9._-]+):\/[^:]+(:ro)?$/)),
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()),
  depends_on: z
    .record(
      name,
      z.strictObject({
        condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']),
        required: z.boolean(),
      }),
    )
    .optional(),
  healthcheck: z.strictObject({
    test: z.tuple([z.enum(['CMD', 'CMD-SHELL'])], z.string()),
    interval: duration,
    timeout: duration,
    retries: z.int().positive(),
    start_period: duration.optional(),
  }),
});
const composeFile = z.strictObject({ name, services: z.record(name, service), volumes: z.record(name, z.null()) });

const { services, volumes } = composeFile.parse(parse(text('docker-compose.yml'), { strict: true, uniqueKeys: true }));
const all = Object.entries(services);

describe('docker-compose.yml', () => {
  test('has the engine, EventStoreDB and Kafka, and starts the engine alone unless a profile asks for more', () => {
    expect(all.map(([service, { profiles }]) => [service, profiles])).toEqual([
      ['engine', undefined],
      ['eventstoredb', ['eventstoredb']],
      ['kafka', ['kafka']],
    ]);
  });

  test('no two services take the same port of the machine, nor the one of the API', () => {
    const taken = ['8080', ...all.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[1]))];
    expect(taken).toEqual([...new Set(taken)]);
  });

  test('a service on the network of the host publishes nothing', () => {
    for (const [service, { network_mode, ports }] of all) if (network_mode === 'host') expect(ports, service).toBeUndefined();
  });

  test('every named volume is declared, and every declared one is used', () => {
    const used = all
      .flatMap(([, service]) => service.volumes.map((volume) => volume.split(':')[0] ?? ''))
      .filter((source) => !source.startsWith('/'));
    expect(used.sort()).toEqual(Object.keys(volumes).sort());
  });

  test('what a service waits for exists, has a health check where health is asked, and is optional where it needs a profile', () => {
    for (const [service, { depends_on = {} }] of all)
      for (const [needed, { required }] of Object.entries(depends_on)) {
        expect(Object.keys(services), service).toContain(needed);
        expect(required, `${service} → ${needed}`).toBe(services[needed]?.profiles === undefined);
      }
  });

  test('the volume of the engine is where the image says that it keeps what must last', () => {
    const kept = /^VOLUME (\S+)$/m.exec(text('Dockerfile'))?.[1];
    expect(services.engine?.volumes).toContain(`wharfinger:${kept}`);
    expect(/^ENV WHARF_DATA_DIR=(\S+)$/m.exec(text('Dockerfile'))?.[1]).toBe(kept);
  });

  test('what a health check asks at a port is asked at the port of its service', () => {
    const asked = (service: string) => /(?:127\.0\.0\.1|localhost):(\d+)/.exec(services[service]?.healthcheck.test.join(' ') ?? '')?.[1];
    expect([asked('engine'), asked('eventstoredb'), asked('kafka')]).toEqual(['8080', '2113', '9092']);
  });
});

describe('Dockerfile', () => {
  const lines = text('Dockerfile').split('\n');
  const copied = lines.flatMap((line) => /^COPY (.+) \S+$/.exec(line)?.[1]?.split(' ') ?? []);
  const sent = text('.dockerignore')
    .split('\n')
    .flatMap((line) => /^!(.+)$/.exec(line)?.[1] ?? []);

  test('copies what is there, and .dockerignore lets exactly that through', () => {
    expect(copied.filter((path) => !existsSync(join(repository, path)))).toEqual([]);
    expect(sent.sort()).toEqual([...new Set(copied)].sort());
  });

  test('starts from the Node that the package asks for', () => {
    const node = Number(/^FROM node:(\d+)-slim$/m.exec(text('Dockerfile'))?.[1]);
    const { engines } = JSON.parse(text('package.json')) as { engines: { node: string } };
    expect(engines.node).toBe(`>=${node}`);
  });
});
