import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Json } from '../client.ts';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { age, printable } from '../render.ts';
import { openSession } from '../session.ts';
import { amountsText, reservationIn } from './amounts.ts';
import { type EndpointOptions, endpointFrom } from './endpointOptions.ts';

type AddOptions = EndpointOptions & {
  readonly attribute?: readonly string[];
  readonly role?: readonly string[];
  readonly zone?: string;
  readonly region?: string;
  readonly ports?: readonly string[];
  readonly reserve?: readonly string[];
  readonly oversubscribe?: string;
};

const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `wharf node …`: the pool of hosts. */
export const addNodeCommands = (program: Command, io: Io): void => {
  const node = program.command('node').description('The hosts in the pool.');

  node
    .command('list')
    .description('All hosts with what is used of them.')
    .action(async (_options, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', '/v1/nodes');
      session.answer(document, () => {
        const rows = (document.nodes as readonly Json[]).map((each) => [
          each.id,
          each.endpoint.kind,
          each.state.split('.').at(-1),
          each.hostname,
          used(each, 'cpus'),
          used(each, 'mem'),
          each.instances,
          age(each.since, session.io.now()),
        ]);
        return rows.length === 0
          ? "no nodes; add one with 'wharf node add'\n"
          : session.table(['NODE', 'RUNTIME', 'STATE', 'HOST', 'CPUS', 'MEM', 'INSTANCES', 'SINCE'], rows);
      });
    });

  node
    .command('add <id>')
    .description('Add a host after asking it what it has. Paths are those of the machine that the engine runs on.')
    .option('--process <root>', 'native processes of the engine’s machine, their files below this directory')
    .option('--docker <socket>', 'a Docker Engine on a unix socket')
    .option('--docker-tls <host:port>', 'a Docker Engine over TCP with mutual TLS; needs --ca, --cert and --key')
    .option('--docker-ssh <user@host:port>', 'a Docker Engine through ssh; needs --key and --host-key')
    .option('--ca <file>', 'certificate that the engine’s is signed by')
    .option('--cert <file>', 'our certificate')
    .option('--key <file>', 'our private key')
    .option('--host-key <fingerprint>', 'SHA256:… of the host’s ssh key')
    .option('--socket <path>', 'the Docker socket on the far side of ssh', '/var/run/docker.sock')
    .option('--attribute <key=value>', 'for constraints; may be repeated', many)
    .option('--role <name>', 'whose apps it takes; may be repeated', many)
    .option('--reserve <role:amounts>', 'keep resources for a role’s apps, such as dev:cpus=2,mem=1024; may be repeated', many)
    .option('--region <name>')
    .option('--zone <name>')
    .option('--ports <from-to>', 'host ports to hand out, 31000-32000 where none are said; may be repeated', many)
    .option('--oversubscribe <factors>', 'how many times over it lends what it has, as cpus=2,mem=1.5')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf node add here --docker /var/run/docker.sock\n  $ wharf node add rack7 --docker-ssh ops@rack7:22 --key ~/.ssh/id_ed25519 --host-key SHA256:… --zone b --attribute disk=ssd',
    )
    .action(async (id: string, options: AddOptions, command: Command) => {
      const session = await openSession(command, io);
      const { attribute = [], role, zone, region, ports, reserve, oversubscribe } = options;
      const body = {
        id,
        endpoint: endpointFrom(options, resolve),
        attributes: Object.fromEntries(attribute.map(pair)),
        ...(role !== undefined && { roles: role }),
        ...(reserve !== undefined && { reserved: Object.fromEntries(reserve.map(reservationIn)) }),
        ...(zone !== undefined && { zone }),
        ...(region !== undefined && { region }),
        ...(ports !== undefined && { portRanges: ports.map(portRange) }),
        ...(oversubscribe !== undefined && { oversubscribe: factorsOf(oversubscribe) }),
      };
      const document = await session.client.ask('POST', '/v1/nodes', { body });
      for (const warning of document.node.warnings ?? []) io.err(`warning: ${printable(warning)}\n`);
      const { cpus, mem } = document.node.resources.total;
      session.answer(document, () => `node ${id} was added: ${cpus} cpus, ${mem} MiB of memory\n`);
    });

  const keep = (name: string, method: 'POST' | 'DELETE', description: string, text: (role: string, kept: string) => string): void => {
    node
      .command(`${name} <id> <role:amounts>`)
      .description(description)
      .addHelpText('after', `\nExample:\n  $ wharf node ${name} rack7 dev:cpus=2,mem=1024`)
      .action(async (id: string, reservation: string, _options: unknown, command: Command) => {
        const [role, amounts] = reservationIn(reservation);
        const session = await openSession(command, io);
        const document = await session.client.ask(method, `/v1/nodes/${encodeURIComponent(id)}/reservations`, { body: { role, amounts } });
        session.answer(document, () => `node ${id} ${text(role, amountsText(document.node.reservations?.[role]))}\n`);
      });
  };
  keep(
    'reserve',
    'POST',
    'Keep resources of a host for the apps of a role; what is in use can’t be kept.',
    (role, kept) => `keeps ${kept} for role ${role} by request`,
  );
  keep('unreserve', 'DELETE', 'Give up what a host keeps for a role by request; what is in use stays.', (role, kept) =>
    kept === '-' ? `keeps nothing for role ${role} by request` : `keeps ${kept} for role ${role} by request`,
  );
  node
    .command('oversubscribe <id> [factors]')
    .description('Lend what a host has more than once, as cpus=2,mem=1.5; once again where no factors are said.')
    .addHelpText('after', '\nExamples:\n  $ wharf node oversubscribe rack7 cpus=2\n  $ wharf node oversubscribe rack7')
    .action(async (id: string, factors: string | undefined, _options, command: Command) => {
      const session = await openSession(command, io);
      const body = factors === undefined ? {} : factorsOf(factors);
      const document = await session.client.ask('PUT', `/v1/nodes/${encodeURIComponent(id)}/oversubscribe`, { body });
      const { total } = document.node.resources;
      session.answer(document, () => `node ${id} lends ${round(total.cpus)} cpus, ${round(total.mem)} MiB of memory\n`);
    });

  const change = (name: string, method: 'POST' | 'DELETE', suffix: string, description: string, done: string): void => {
    node
      .command(`${name} <id>`)
      .description(description)
      .option('--reason <text>', 'kept in the history')
      .action(async (id: string, { reason }: { readonly reason?: string }, command: Command) => {
        const session = await openSession(command, io);
        const body = reason === undefined ? {} : { body: { reason } };
        const document = await session.client.ask(method, `/v1/nodes/${encodeURIComponent(id)}${suffix}`, body);
        session.answer(document, () => `node ${id} ${done}\n`);
      });
  };
  change('remove', 'DELETE', '', 'Remove a host; what runs there is given up and replaced elsewhere.', 'was removed');
  change('cordon', 'POST', '/cordon', 'Keep what runs there, place nothing new.', 'takes nothing new');
  change('uncordon', 'POST', '/uncordon', 'Place new instances there again.', 'takes new instances');
};

const factorsOf = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    text.split(',').map((each) => {
      const [, what, factor] = /^(cpus|mem)=(\d+(?:\.\d+)?)$/.exec(each.trim()) ?? [];
      if (what === undefined) throw usage(`'${each}' is no factor; it looks like cpus=2 or mem=1.5`);
      return [what, Number(factor)];
    }),
  );

/** What is lent, and in brackets what there is, where that is less. */
const used = ({ resources: { used, total, offered } }: Json, kind: 'cpus' | 'mem'): string =>
  `${round(used[kind])}/${round(total[kind])}${offered === undefined || offered[kind] === total[kind] ? '' : ` (${round(offered[kind])})`}`;

const round = (amount: number): number => Math.round(amount * 100) / 100;

const HIGHEST_PORT = 65_535;

const portRange = (text: string): readonly [number, number] => {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (!(from >= 1 && from <= to && to <= HIGHEST_PORT)) throw usage(`'${text}' is no range of ports; it looks like 31000-32000`);
  return [from, to];
};

const pair = (text: string): readonly [string, string] => {
  const at = text.indexOf('=');
  if (at < 1) throw usage(`'${text}' is no attribute; it looks like disk=ssd`);
  return [text.slice(0, at), text.slice(at + 1)];
};
