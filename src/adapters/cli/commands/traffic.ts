import type { Command } from 'commander';
import type { Json } from '../client.ts';
import type { Io } from '../io.ts';
import { printable } from '../render.ts';
import { openSession } from '../session.ts';

/** `wharf traffic`: who is led where. */
export const addTrafficCommand = (program: Command, io: Io): void => {
  program
    .command('traffic [app]')
    .description('Routes of the load balancer with versions, weights, servers and what they have counted.')
    .addHelpText('after', '\nExamples:\n  $ wharf traffic\n  $ wharf traffic /shop/web --json')
    .action(async (app: string | undefined, _options: unknown, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask(
        'GET',
        `/v1/traffic${app === undefined ? '' : `?app=${encodeURIComponent(absolute(app))}`}`,
      );
      for (const text of troubles(document)) io.err(`warning: ${printable(text)}\n`);
      session.answer(document, () => {
        const rows = (document.routes as readonly Json[]).flatMap((route) =>
          (route.pools.length === 0 ? [{ version: '-', servers: [], counters: [] }] : route.pools).map((pool: Json) => [
            route.id,
            where(route),
            pool.version,
            pool.weight ?? '-',
            `${pool.servers.filter((server: Json) => !server.isDraining).length}${draining(pool)}`,
            sum(pool, 'requests'),
            sum(pool, 'errors'),
            sum(pool, 'current'),
          ]),
        );
        return rows.length === 0
          ? 'no routes\n'
          : session.table(['ROUTE', 'AT', 'VERSION', 'WEIGHT', 'SERVERS', 'REQUESTS', 'ERRORS', 'NOW'], rows);
      });
    });
};

const absolute = (app: string): string => (app.startsWith('/') ? app : `/${app}`);

const where = ({ listeners, hosts, path }: Json): string => `${listeners.join(',')} ${hosts.join(',')}${path ?? ''}`.trim();

const draining = ({ servers }: Json): string => {
  const count = servers.filter((server: Json) => server.isDraining).length;
  return count === 0 ? '' : ` +${count} draining`;
};

const sum = ({ counters }: Json, name: string): number => counters.reduce((total: number, each: Json) => total + each[name], 0);

const troubles = ({ balancers, warnings }: Json): readonly string[] => [
  ...warnings,
  ...balancers.flatMap(({ name, trouble, warnings: own }: Json) => [
    ...(trouble === undefined ? [] : [`${name}: ${trouble}`]),
    ...own.map((text: string) => `${name}: ${text}`),
  ]),
];
