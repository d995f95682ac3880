import type { IncomingMessage } from 'node:http';
import type { ExecOptions, ExecResult, HostStats, LogLine, LogOptions } from '../../../domain/ports/hosts.ts';
import { drain, within } from './calls.ts';
import type { Engine } from './engine.ts';
import { byId, findOwn } from './engine.ts';
import { HostFaultError, statusOf } from './faults.ts';
import { linesOf, unframe } from './frames.ts';
import { containerName } from './labels.ts';
import { DEADLINES } from './options.ts';

/** What can be read from a container besides its state: its output, a command's result, what it uses. */

const required = async (engine: Engine, instance: string) => {
  const found = await findOwn(engine, instance);
  if (found === undefined) throw new HostFaultError({ _tag: 'Transient', message: `no container ${containerName(instance)} on this host` });
  return found;
};

/** The engine's own name for `tail` without bound. */
const ALL = 'all';

/** Lines as they come; none where the host has no such instance. */
export async function* logsOf(engine: Engine, instance: string, options: LogOptions): AsyncGenerator<LogLine> {
  const { Id, Config } = await required(engine, instance);
  const stream = await within(engine.clock, `logs of ${containerName(instance)}`, DEADLINES.ask, (abortSignal) =>
    openLogs(engine, Id, options, abortSignal),
  );
  const stop = () => stream.destroy();
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted === true) stop();
  // Whoever reads may be slow to come back; an error meanwhile must find someone.
  stream.on('error', () => undefined);
  const pieces = unframe(Config.Tty);
  const lines = linesOf();
  try {
    for await (const chunk of stream) for (const piece of pieces(chunk as Buffer)) yield* lines.push(piece);
    yield* lines.rest();
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
  } finally {
    options.signal?.removeEventListener('abort', stop);
    stop();
  }
}

type Dial = { dial(request: object, callback: (error: Error | null, stream: IncomingMessage) => void): void };

/** dockerode reads an unfollowed log into memory as a whole; asked directly, its modem hands out the stream. */
const openLogs = (engine: Engine, id: string, options: LogOptions, abortSignal: AbortSignal) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const query = {
      follow: options.follow,
      stdout: true,
      stderr: true,
      timestamps: true,
      tail: options.tail ?? ALL,
      ...(options.since === undefined ? {} : { since: (options.since / 1000).toFixed(3) }),
    };
    (engine.connections.streams.modem as Dial).dial(
      {
        path: `/containers/${id}/logs?`,
        method: 'GET',
        isStream: true,
        abortSignal,
        options: query,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
      },
      (error, stream) => (error === null ? resolve(stream) : reject(error)),
    );
  });

/** A command's output is cut here; a probe's answer is short, and a runaway must not fill our memory. */
const EXEC_OUTPUT_MAX_BYTES = 1024 * 1024;

/** The engine cannot end a command; one that outlives its time goes on in its container until that ends. */
export const execIn = async (engine: Engine, instance: string, argv: readonly string[], options: ExecOptions): Promise<ExecResult> => {
  const { clock, connections } = engine;
  const { Id } = await required(engine, instance);
  const what = `exec in ${containerName(instance)}`;
  const until = clock.now() + options.timeoutMs;
  const left = () => Math.max(1, until - clock.now());
  const env = options.env === undefined ? {} : { Env: Object.entries(options.env).map(([name, value]) => `${name}=${value}`) };
  const made = await within(clock, what, left(), (abortSignal) =>
    byId(engine, Id).exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true, ...env, abortSignal }),
  ).catch((error: unknown) => {
    // Not running any more is an answer about the instance, and as temporary as the instance.
    if (statusOf(error) === 409) throw new HostFaultError({ _tag: 'Transient', message: `${containerName(instance)} does not run` });
    throw error;
  });
  const exec = connections.streams.getExec(made.id);
  const stream = await within(clock, what, left(), (abortSignal) => exec.start({ Detach: false, Tty: false, abortSignal }));
  const stop = () => stream.destroy(new HostFaultError({ _tag: 'Transient', message: `${what}: given up` }));
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted === true) stop();
  const output = { stdout: bounded(), stderr: bounded() };
  const pieces = unframe(false);
  await drain(clock, what, stream, { deadline: left() }, (chunk) => {
    for (const { stream: name, bytes } of pieces(chunk)) output[name].push(bytes);
  }).finally(() => options.signal?.removeEventListener('abort', stop));
  const { ExitCode } = await within(clock, what, DEADLINES.ask, (abortSignal) =>
    connections.calls.getExec(made.id).inspect({ abortSignal }),
  );
  if (ExitCode === null) throw new HostFaultError({ _tag: 'Transient', message: `${what}: the engine does not tell how it ended` });
  return { exitCode: ExitCode, stdout: output.stdout.text(), stderr: output.stderr.text() };
};

const bounded = () => {
  const kept: Buffer[] = [];
  let room = EXEC_OUTPUT_MAX_BYTES;
  return {
    push: (bytes: Buffer) => {
      if (room === 0) return;
      const part = bytes.subarray(0, room);
      room -= part.length;
      kept.push(part);
    },
    text: () => Buffer.concat(kept).toString('utf8'),
  };
};

const NANOSECONDS_PER_SECOND = 1e9;

/** One reading without the second that Docker waits to compute a rate (`one-shot`, Engine API 1.41). */
export const statsOf = async (engine: Engine, instance: string): Promise<HostStats> => {
  const { Id } = await required(engine, instance);
  const stats = await within(engine.clock, `stats of ${containerName(instance)}`, DEADLINES.ask, (abortSignal) => {
    const options: { stream: false; 'one-shot': true; abortSignal: AbortSignal } = { stream: false, 'one-shot': true, abortSignal };
    return byId(engine, Id).stats(options);
  });
  const { usage, limit, stats: detail } = stats.memory_stats;
  // What the kernel would give back at once is not used; cgroup v1 and v2 have a name each for it.
  const counters = detail as Readonly<Record<string, number>> | undefined;
  const reclaimable = counters?.total_inactive_file ?? counters?.inactive_file ?? 0;
  return {
    cpuSeconds: stats.cpu_stats.cpu_usage.total_usage / NANOSECONDS_PER_SECOND,
    memoryBytes: Math.max(0, (usage ?? 0) - reclaimable),
    ...(limit === undefined ? {} : { memoryLimitBytes: limit }),
  };
};
