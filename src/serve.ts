import { request } from 'node:http';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type Logger, pino } from 'pino';
import { dataDirOf } from './adapters/cli/connection.ts';
import { CliFailure, EXIT, usage } from './adapters/cli/failure.ts';
import type { Io } from './adapters/cli/io.ts';
import { BALANCERS, type BalancerChoice } from './balancers.ts';
import { POLICIES, type PolicyName, USUAL_POLICY } from './domain/app/definition/policyName.ts';
import { DEFAULT_SETTINGS } from './domain/traffic/settings.ts';
import { CHECKPOINT_FACTS, CHECKPOINT_MINUTES } from './logs/checkpointPace.ts';
import type { Server, ServerOptions } from './main.ts';
import { addDnsOptions, type DnsFlags, dnsOf } from './serveDns.ts';
import { addEsdbOptions, ESDB_WARNING, type EsdbFlags, esdbOf } from './serveEsdb.ts';
import { addKafkaOptions, type KafkaFlags, kafkaOf } from './serveKafka.ts';
import { addMemberOptions, type MemberFlags, memberOf, serveMember } from './serveMember.ts';
import { isStoreAddress } from './storeAddress.ts';

type Flags = DnsFlags & EsdbFlags & KafkaFlags;

type Options = MemberFlags &
  Flags & {
    readonly listen?: string;
    readonly auth: boolean;
    readonly allowedHost?: readonly string[];
    readonly localNode: boolean;
    /** false for --no-docker, true when nothing was said. */
    readonly docker: string | boolean;
    readonly verbose?: boolean;
    readonly accessControlAllowOrigin?: readonly string[];
    readonly httpCompression: boolean;
    readonly httpMaxConcurrentRequests?: number;
    readonly maxRunningDeployments?: number;
    readonly strategies?: string;
    readonly allowUnchecked?: readonly string[];
    readonly balancer: BalancerChoice;
    readonly httpPort?: number;
    readonly httpsPort?: number;
    readonly certificates?: string;
    readonly archive?: string;
    readonly placement: PolicyName;
    readonly check?: boolean;
    readonly quarantineUnloadable?: boolean;
    readonly checkpointKey?: string;
    readonly witness?: readonly string[];
    readonly checkpointFacts?: number;
    readonly checkpointMinutes?: number;
  };

/** Where Docker's own packages put it. */
const USUAL_SOCKET = '/var/run/docker.sock';
const PING_MAX_MS = 2_000;

const list = (value: string): readonly string[] => value.split(',').map((each) => each.trim());
const positive =
  (what: string) =>
  (value: string): number => {
    if (!/^[1-9]\d{0,8}$/.test(value)) throw usage(`'${value}' is no number of ${what}, 1 or more`);
    return Number(value);
  };
const portOf = (value: string): number => {
  if (!/^[1-9]\d{0,4}$/.test(value) || Number(value) > 65_535) throw usage(`'${value}' is no port`);
  return Number(value);
};
const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** `wharf serve`: the one command that is an engine instead of talking to one. */
export const addServeCommand = (program: Command, io: Io): void => {
  const serving = program
    .command('serve')
    .description('Start an engine and stay until SIGINT or SIGTERM. What runs on the hosts goes on running.')
    .option('--listen <host:port>', 'where the API listens; port 0 takes any free one', '127.0.0.1:8080')
    .option('--no-auth', 'ask nobody for the token; on loopback only')
    .option('--allowed-host <name>', 'a name besides the loopback ones that clients call this engine by; may be repeated', many)
    .option('--no-local-node', 'add no node of this machine to an empty pool')
    .option('--docker <socket>', `the Docker Engine of this machine ($DOCKER_HOST, ${USUAL_SOCKET} if it answers)`)
    .option('--no-docker', 'leave Docker alone')
    .option('--access-control-allow-origin <origins>', 'origins whose pages may read the API, with commas between them; * is any', list)
    .option('--no-http-compression', 'never answer in gzip')
    .option('--http-max-concurrent-requests <count>', 'requests that are worked on at once; more are answered 503', positive('requests'))
    .option('--max-running-deployments <count>', 'deployments that run at once; more are answered 403 (no limit)', positive('deployments'))
    .option('--strategies <folder>', 'deployment strategies of your own; see wharf strategy --help')
    .option('--allow-unchecked <name>', 'register this strategy although it does not pass its check; may be repeated', many)
    .option('--archive <directory>', 'where ended streams go that the retention policies let leave the log; see wharf log retention --help')
    .addOption(
      new Option(
        '--placement <policy>',
        'how the best of the nodes that would do is chosen where an app does not say it: the emptiest or the fullest',
      )
        .choices(POLICIES)
        .default(USUAL_POLICY),
    )
    .option(
      '--check',
      'look whether this version can go on with what the log holds, say so, and start nothing; an engine may run meanwhile',
    )
    .option('--quarantine-unloadable', 'start although it can’t go on with some live streams: these stand still, and are named in the log');
  addMemberOptions(addKafkaOptions(addEsdbOptions(addDnsOptions(serving))))
    .addOption(
      new Option('--balancer <name>', 'what leads clients to apps with routes; auto is HAProxy where it is installed, else embedded')
        .choices(BALANCERS)
        .default('auto'),
    )
    .option('--http-port <port>', `where routes of HTTP are listened for (${DEFAULT_SETTINGS.httpPort})`, portOf)
    .option('--https-port <port>', `where routes with TLS are listened for (${DEFAULT_SETTINGS.httpsPort})`, portOf)
    .option('--certificates <directory>', 'files <name>.pem for routes with TLS, each a certificate with its key')
    .option(
      '--checkpoint-key <file>',
      'signs checkpoints of the log with this key (wharf log keygen makes one), kept outside the data directory',
    )
    .option('--witness <file>', 'appends the checkpoints to this file, best on another machine’s disk; may be repeated', many)
    .option('--checkpoint-facts <count>', `facts behind the last checkpoint that ask for another (${CHECKPOINT_FACTS})`, positive('facts'))
    .option('--checkpoint-minutes <count>', `age at which new facts ask for another (${CHECKPOINT_MINUTES})`, positive('minutes'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf serve\n  $ wharf serve --data-dir /srv/wharf --listen 10.0.0.7:8080 --allowed-host wharf.internal\n  $ wharf serve --check                  may this version take over here?\n  $ wharf serve --log esdb://engine:secret@10.0.0.9:2113 --cluster-secret /etc/wharf/secret',
    )
    .action((options: Options, command: Command) => serve(options, command.optsWithGlobals(), io));
};

type Connection = { readonly dataDir?: string; readonly log?: string; readonly json?: boolean };

/** What an upgrade would find, before it takes over anything. */
const check = async (file: string, isJson: boolean, io: Io): Promise<void> => {
  const { checkUpgrade } = await import('./upgradeCheck.ts');
  const found = plainly(() => checkUpgrade(file));
  io.out(isJson ? `${JSON.stringify(found)}\n` : found.text);
  if (found.unloadable.length > 0) throw new CliFailure('this version refuses to start on this log');
};

const plainly = <A>(work: () => A): A => {
  try {
    return work();
  } catch (error) {
    throw new CliFailure(error instanceof Error ? error.message : String(error));
  }
};

const serve = async (options: Options, connection: Connection, io: Io): Promise<void> => {
  const listen = listenIn(options.listen ?? '');
  const dataDir = dataDirOf(connection, io);
  if (options.check === true) return check(checkedFile(dataDir, connection.log), connection.json === true, io);
  const dockerSocket = await dockerOf(options.docker, io);
  const log = pino({ level: options.verbose === true ? 'info' : 'warn' }, pino.destination(2));
  const esdb = await esdbOf(options);
  const given = {
    listen,
    dataDir,
    log,
    ...dnsOf(options),
    ...kafkaOf(options),
    ...(esdb !== undefined && { esdb }),
    ...(dockerSocket !== undefined && { dockerSocket }),
  };
  const signalled = ending();
  const member = memberOf(options, connection.log);
  if (member !== undefined) {
    if (options.archive !== undefined) throw usage('--archive is for a log that an engine has for itself; a store keeps what it keeps');
    if (esdb !== undefined) throw usage('--esdb-port serves the log that an engine has for itself; clients of a shared log ask its store');
    if (member.advertise === undefined && ['0.0.0.0', '::'].includes(listen.host))
      throw usage(`the other engines can't reach this one at ${listen.host}: --advertise names where they do`);
    await serveMember({ ...given, ...sharedBy(options), ...member }, signalled, io);
    return;
  }
  for (let next: Given | undefined = given; next !== undefined; ) next = await lead(options, next, signalled, io);
  io.out('stopped\n');
};

/** Of a shared log it is this engine's mirror. */
const checkedFile = (dataDir: string, log: string | undefined): string =>
  log !== undefined && isStoreAddress(log) ? join(dataDir, 'mirror', 'log.sqlite') : (log ?? join(dataDir, 'log.sqlite'));

/** Who signs needs somebody who keeps, and the other way round. */
const checkpointsOf = ({
  checkpointKey,
  witness = [],
  checkpointFacts,
  checkpointMinutes,
}: Options): Pick<ServerOptions, 'checkpoints'> => {
  if (checkpointKey === undefined) {
    if (witness.length > 0) throw usage('--witness keeps signed checkpoints: it needs --checkpoint-key');
    return {};
  }
  if (witness.length === 0) throw usage('--checkpoint-key signs for a witness: name one with --witness');
  const every = {
    ...(checkpointFacts !== undefined && { everyFacts: checkpointFacts }),
    ...(checkpointMinutes !== undefined && { everyMs: checkpointMinutes * 60_000 }),
  };
  return { checkpoints: { keyFile: checkpointKey, witnesses: witness, ...every } };
};

type Given = {
  readonly listen: { readonly host: string; readonly port: number };
  readonly dataDir: string;
  readonly log: Logger;
  readonly dockerSocket?: string;
} & ReturnType<typeof dnsOf> &
  ReturnType<typeof kafkaOf> &
  Pick<ServerOptions, 'esdb'>;

/** What an engine is told, whether its log is its own or shared. */
const sharedBy = (options: Options) => ({
  noAuth: !options.auth,
  compression: options.httpCompression,
  ...(options.allowedHost !== undefined && { allowedHosts: options.allowedHost }),
  ...(options.accessControlAllowOrigin !== undefined && { allowOrigins: options.accessControlAllowOrigin }),
  ...(options.httpMaxConcurrentRequests !== undefined && { maxConcurrentRequests: options.httpMaxConcurrentRequests }),
  balancer: options.balancer,
  placement: options.placement,
  ...(options.httpPort !== undefined && { httpPort: options.httpPort }),
  ...(options.httpsPort !== undefined && { httpsPort: options.httpsPort }),
  ...(options.certificates !== undefined && { certificates: options.certificates }),
  ...(options.maxRunningDeployments !== undefined && { maxRunningDeployments: options.maxRunningDeployments }),
  ...(options.strategies !== undefined && { strategies: options.strategies }),
  ...checkpointsOf(options),
  ...(options.allowUnchecked !== undefined && { allowUnchecked: options.allowUnchecked }),
  ...(options.quarantineUnloadable !== undefined && { quarantineUnloadable: options.quarantineUnloadable }),
});

/** One engine, from its start to its end. Answers what its successor is given where it abdicated. */
const lead = async (options: Options, given: Given, signalled: Promise<string>, io: Io): Promise<Given | undefined> => {
  const { listen, dataDir, dockerSocket } = given;
  // Loaded here, so that no other command waits for the engine's code.
  const { startServer } = await import('./main.ts');
  const fenced = Promise.withResolvers<string>();
  const abdicated = Promise.withResolvers<void>();
  const server = await startServer({
    ...given,
    onFenced: (term) => fenced.resolve(`another engine leads now, with term ${term}`),
    onAbdicated: abdicated.resolve,
    localNodes: options.localNode,
    ...(options.archive !== undefined && { archive: options.archive }),
    ...sharedBy(options),
  }).catch((error: Error) => {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' && !error.message.includes('wharf.sock');
    const { port } = error as NodeJS.ErrnoException & { readonly port?: number };
    const isDns = port !== undefined && port !== listen.port && given.dns !== undefined;
    const taken = isDns
      ? `${error.message}; --dns names another place, --no-dns does without`
      : `${listen.host}:${listen.port} is taken; --listen names another place`;
    throw new CliFailure(`the engine did not start: ${isTaken ? taken : error.message}`);
  });
  for (const { file, problems } of server.refusedStrategies)
    io.err(`${file} is no strategy that runs here:\n${problems.map(({ where, text }) => `  ${where}: ${text}\n`).join('')}`);
  if (!options.auth) io.err('WARNING: --no-auth: whoever can reach this port rules this engine and what runs on it.\n');
  if (given.esdb !== undefined && given.esdb.certificate === undefined) io.err(ESDB_WARNING);
  io.out(
    [
      `wharf serves on ${server.url}`,
      `  data in   ${dataDir}`,
      `  socket    ${server.socketPath}`,
      `  token in  ${server.tokenFile}${options.auth ? '' : ' (not asked for)'}`,
      ...(server.dns === undefined ? [] : [`  DNS on    ${server.dns.bound.map(({ host, port }) => `${host}:${port}`).join(', ')}`]),
      ...(server.esdb === undefined ? [] : [`  EventStoreDB’s protocol on ${server.esdb.host}:${server.esdb.port}`]),
      ...(dockerSocket === undefined ? [] : [isNode(server, dockerSocket) ? `  Docker at ${dockerSocket}` : notYet(dockerSocket)]),
      '',
    ].join('\n'),
  );
  const why = await Promise.race([signalled, fenced.promise, abdicated.promise]);
  if (why === undefined) {
    io.out('asked to abdicate: the engine stops and starts again with the next term; what runs goes on\n');
    await server.close();
    // Where any free port was taken, clients know that one by now.
    const esdb = given.esdb === undefined || server.esdb === undefined ? {} : { esdb: { ...given.esdb, port: server.esdb.port } };
    return { ...given, ...esdb, listen: { ...listen, port: Number(new URL(server.url).port) } };
  }
  io.out(`${why}: the engine stops; what runs goes on. A signal ends it at once.\n`);
  process.once('SIGINT', () => process.exit(EXIT.interrupted));
  process.once('SIGTERM', () => process.exit(EXIT.interrupted));
  await server.close();
  return undefined;
};

/** Only an empty pool is filled at the start, and only by what answers. */
const isNode = ({ engine }: Server, socket: string): boolean =>
  [...engine.views.nodes.all()].some(({ endpoint }) => endpoint?.kind === 'docker' && endpoint.socket === socket);

const notYet = (socket: string): string => `  Docker at ${socket} is no node here; to add it: wharf node add docker --docker ${socket}`;

const ending = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });

const listenIn = (text: string): { readonly host: string; readonly port: number } => {
  const [, host, port] = /^(?:\[?([^\]]*?)\]?:)?(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) throw usage(`'${text}' is no host:port`);
  return { host: host === undefined || host === '' ? '127.0.0.1' : host, port: Number(port) };
};

/** The socket to use: the one that was named, or one that is found and answers. */
const dockerOf = async (named: string | boolean | undefined, io: Io): Promise<string | undefined> => {
  if (named === false) return undefined;
  if (typeof named === 'string') return named;
  const socket = /^unix:\/\/(.+)$/.exec(io.env.DOCKER_HOST ?? '')?.[1] ?? USUAL_SOCKET;
  return (await answers(socket)) ? socket : undefined;
};

const answers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const asked = request({ socketPath, path: '/_ping', timeout: PING_MAX_MS, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', () => resolve(false));
    asked.end();
  });
