import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { CliFailure, usage } from './adapters/cli/failure.ts';
import type { Io } from './adapters/cli/io.ts';
import { logFileOf } from './adapters/cli/logFile.ts';
import { addEsdbOptions, ESDB_WARNING, type EsdbFlags, esdbOf } from './serveEsdb.ts';

type Flags = EsdbFlags & { readonly file?: string; readonly tokenFile?: string };

/** `wharf log serve`: a process that is a store of streams and nothing else, for engines elsewhere. */
export const addLogServeCommand = (log: Command, io: Io): void => {
  addEsdbOptions(
    log
      .command('serve')
      .description('Serve a log by EventStoreDB’s gRPC protocol, without an engine: engines elsewhere keep their log here.')
      .option('--file <file>', 'the log, made when absent (log.sqlite of the data directory)')
      .option('--token-file <file>', 'the password of those who come with TLS, made when absent (token, beside the log)'),
  )
    .addHelpText(
      'after',
      '\nEngines of one store: their streams are written as facts, and what is none is refused. Other streams are kept in streams.sqlite beside the log.\n\nExamples:\n  $ wharf log serve --file /srv/store/log.sqlite --esdb-port 2113 --esdb-host 10.0.0.7 --esdb-certificate /srv/store/tls.pem\n  $ wharf serve --log esdb://engine:TOKEN@10.0.0.7:2113?tls=true',
    )
    .action(async (flags: Flags, command: Command) => {
      const place = await esdbOf(flags);
      if (place === undefined) throw usage('name a port with --esdb-port, such as 2113');
      const file = resolve(logFileOf(flags, command, io));
      const ended = ending(io);
      const served = await serve(file, place, flags.tokenFile ?? join(dirname(file), 'token')).catch((error: Error) => {
        const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
        throw new CliFailure(isTaken ? `${place.host}:${place.port} is taken; --esdb-port names another one` : error.message);
      });
      if (place.certificate === undefined) io.err(ESDB_WARNING);
      io.out(`the log ${file} is served on ${served.host}:${served.port}\n`);
      const why = await ended;
      io.out(`${why}: the store stops\n`);
      await served.close();
      io.out('stopped\n');
    });
};

const serve = async (file: string, place: NonNullable<Awaited<ReturnType<typeof esdbOf>>>, tokenFile: string) => {
  // Loaded here, so that no other command waits for it.
  const [{ openSqliteLog }, { serveEsdb }, { tokenIn }] = await Promise.all([
    import('./adapters/log/sqlite/sqliteLog.ts'),
    import('./esdbServing.ts'),
    import('./apiToken.ts'),
  ]);
  await mkdir(dirname(file), { recursive: true, mode: 0o711 });
  const log = await openSqliteLog({ path: file });
  try {
    const token = place.certificate === undefined ? '' : await tokenIn(tokenFile);
    const served = await serveEsdb({ file, token, facts: log, ...place });
    const following = await log.subscribe(log.head(), served.advanced);
    return {
      ...served,
      close: async () => {
        await following.close();
        await served.close();
        await log.close();
      },
    };
  } catch (error) {
    await log.close();
    throw error;
  }
};

const ending = (io: Io): Promise<string> =>
  new Promise((done) => {
    if (io.interrupted.aborted) done('SIGINT');
    io.interrupted.addEventListener('abort', () => done('SIGINT'), { once: true });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done(signal));
  });
