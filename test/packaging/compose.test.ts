import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { composeFileIn } from '../../src/adapters/cli/import/compose/document.ts';
import { interpolated } from '../../src/adapters/cli/import/compose/interpolate.ts';
import { remarks } from '../../src/adapters/cli/import/compose/remarks.ts';
import { wordsIn } from '../../src/adapters/cli/import/compose/values.ts';
import type { Io } from '../../src/adapters/cli/io.ts';
import { runCli } from '../../src/adapters/cli/program.ts';
import { addServeCommand } from '../../src/serve.ts';
import { memberOf } from '../../src/serveMember.ts';

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
  command: z.string().optional(),
  secrets: z.array(name).optional(),
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
  environment: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).optional(),
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
const composeFile = z.strictObject({
  name,
  services: z.record(name, service),
  volumes: z.record(name, z.null()),
  secrets: z.record(name, z.strictObject({ file: z.string().startsWith('./') })),
});

/** With its aliases and variables put in, without what only they refer to. */
const read = (variables: Readonly<Record<string, string>>) => {
  const found = remarks();
  const written = composeFileIn(text('docker-compose.yml'));
  if (typeof written === 'string') throw new Error(written);
  const own = Object.fromEntries(Object.entries(written).filter(([key]) => !key.startsWith('x-')));
  const file = composeFile.parse(interpolated(own, variables, found));
  expect(found.all).toEqual([]);
  return file;
};

const { services, volumes, secrets } = read({});
const all = Object.entries(services);

describe('docker-compose.yml', () => {
  test('starts one engine alone unless a profile asks for more', () => {
    expect(all.map(([service, { profiles }]) => [service, profiles])).toEqual([
      ['engine', undefined],
      ['engine-a', ['shared', 'cluster']],
      ['engine-b', ['shared', 'cluster']],
      ['eventstoredb', ['shared']],
      ['eventstoredb-1', ['cluster']],
      ['eventstoredb-2', ['cluster']],
      ['eventstoredb-3', ['cluster']],
      ['kafka', ['kafka']],
    ]);
  });

  test.each([
    { profile: 'shared', store: 'esdb://127.0.0.1:2113?tls=false', variables: {}, brokers: undefined },
    {
      profile: 'shared',
      store: 'esdb://127.0.0.1:2113?tls=false',
      variables: { WHARF_KAFKA: '127.0.0.1:9092' },
      brokers: ['127.0.0.1:9092'],
    },
    {
      profile: 'cluster',
      store: 'esdb+discover://127.0.0.1:2113,127.0.0.1:2123,127.0.0.1:2133?tls=false',
      variables: { WHARF_STORE: 'esdb+discover://127.0.0.1:2113,127.0.0.1:2123,127.0.0.1:2133?tls=false' },
      brokers: undefined,
    },
  ])('the command of each engine of the profile $profile is one that the engine takes, given $variables', async (one) => {
    const { profile, store, variables, brokers } = one;
    const file = read(variables);
    const engines = Object.values(file.services).filter(({ command, profiles }) => command !== undefined && profiles?.includes(profile));
    expect(engines).toHaveLength(2);
    for (const { command = '', secrets: given } of engines) {
      const { flags, err } = await parsed(wordsIn(command) ?? []);
      expect(err).toBe('');
      const clusterSecret = `/run/secrets/${given?.[0]}`;
      expect(memberOf(flags as never, flags?.log as string)).toEqual({ store, clusterSecret });
      expect(flags?.kafka).toEqual(brokers);
    }
  });

  test('a flag that there is not would be found', async () => {
    expect((await parsed(['serve', '--listens', '127.0.0.1:8081'])).err).toContain("unknown option '--listens'");
  });

  test('the cluster’s nodes have ports of their own, seed each other, and are those that its engines look for', () => {
    const nodes = all.filter(([, { profiles }]) => profiles?.join() === 'cluster').map(([, { environment = {} }]) => environment);
    const addresses = nodes.map((each) => `${each.EVENTSTORE_NODE_IP}:${each.EVENTSTORE_NODE_PORT}`);
    const replication = nodes.map((each) => each.EVENTSTORE_REPLICATION_PORT);
    expect(new Set([...addresses, ...replication]).size).toBe(6);
    for (const [i, { EVENTSTORE_GOSSIP_SEED: seeds, EVENTSTORE_CLUSTER_SIZE: size }] of nodes.entries()) {
      expect(size).toBe('3');
      expect(seeds?.split(',')).toEqual(addresses.filter((_, other) => other !== i));
    }
    expect(text('docker-compose.yml')).toContain(`WHARF_STORE='esdb+discover://${addresses.join()}?tls=false'`);
  });

  test('what a store listens on is loopback, for it asks nobody who they are', () => {
    const stores = all.filter(([service]) => service.startsWith('eventstoredb'));
    for (const [service, { environment }] of stores)
      expect([environment?.EVENTSTORE_NODE_IP, environment?.EVENTSTORE_REPLICATION_IP], service).toEqual(['127.0.0.1', '127.0.0.1']);
  });

  test('every secret is declared, and none of them is in the repository', () => {
    const used = new Set(all.flatMap(([, service]) => service.secrets ?? []));
    expect([...used]).toEqual(Object.keys(secrets));
    const ignored = text('.gitignore').split('\n');
    for (const { file } of Object.values(secrets)) expect(ignored).toContain(file.slice(2));
  });

  test('no two services of one profile take the same port of the machine', () => {
    for (const profile of ['shared', 'cluster']) {
      const taken = all
        .filter(([, { profiles = [profile, 'kafka'] }]) => profiles.includes(profile) || profiles.includes('kafka'))
        .flatMap(([, { ports = [], healthcheck }]) => [...ports.map((port) => port.split(':')[1]), ...askedIn(healthcheck.test)]);
      const once = new Set(taken);
      // Kafka's is published and asked.
      expect(taken.length - once.size, profile).toBe(1);
    }
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
    for (const [service, { command = '', environment = {}, healthcheck, ports = [] }] of all) {
      const [listened] = [
        /--listen 127\.0\.0\.1:(\d+)/.exec(command)?.[1],
        environment.EVENTSTORE_NODE_PORT,
        ports[0]?.split(':')[2],
        '8080',
      ].filter((port) => port !== undefined);
      expect(askedIn(healthcheck.test), service).toEqual([listened]);
    }
  });
});

const askedIn = (asks: readonly string[]): readonly string[] =>
  [...asks.join(' ').matchAll(/(?:127\.0\.0\.1|localhost):(\d+)/g)].map(([, port = '']) => port);

/** A command line of the engine, up to where it would start. */
const parsed = async (argv: readonly string[]): Promise<{ readonly flags?: Readonly<Record<string, unknown>>; readonly err: string }> => {
  let err = '';
  let flags: Readonly<Record<string, unknown>> | undefined;
  const io: Io = {
    out: () => {},
    err: (said) => {
      err += said;
    },
    stdin: async () => '',
    env: {},
    home: '/nonexistent',
    now: () => 0,
    interrupted: new AbortController().signal,
  };
  await runCli(argv, io, {
    version: '1.2.3',
    more: (program) => {
      addServeCommand(program, io);
      const serve = program.commands.find((command) => command.name() === 'serve');
      serve?.action(() => {
        flags = serve.optsWithGlobals();
      });
    },
  });
  return { err, ...(flags !== undefined && { flags }) };
};

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
