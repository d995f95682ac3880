import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Published next to the compiled code; a remote host would get the same file. */
export const SHIM_PATH = fileURLToPath(new URL('./shim.sh', import.meta.url));

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What one command wrote and how it ended; output beyond `outputMaxBytes` is dropped, and said so. */
export type CallResult = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly aborted: boolean;
};
export type CallOptions = { readonly timeoutMs?: number; readonly signal?: AbortSignal };

/** A shim verb that takes longer than this hangs on something (a frozen disk), and is given up. Milliseconds. */
export const SHIM_CALL_TIMEOUT_MS = 15_000;
/** Bytes kept of each output of a call. */
export const CALL_OUTPUT_MAX_BYTES = 1024 * 1024;

export type ShimCalls = {
  call(argv: readonly string[], options?: CallOptions): Promise<CallResult>;
  /** Starts a shim that outlives us; answers its first line. */
  start(dir: string, staging: string): Promise<string>;
};

/** Runs the shim's verbs on this machine. The same verbs over ssh would be another value of this type. */
export const localShim = (): ShimCalls => ({
  call: (argv, options = {}) => runBounded('/bin/sh', [SHIM_PATH, ...argv], options),
  start: (dir, staging) =>
    new Promise((resolve, reject) => {
      const child = spawn('/bin/sh', [SHIM_PATH, 'start', dir, staging], {
        detached: true,
        env: { PATH: SYSTEM_PATH },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let said = '';
      const answer = () => {
        clearTimeout(timer);
        child.unref();
        child.stdout.destroy();
        resolve(said.split('\n')[0] ?? '');
      };
      const timer = setTimeout(answer, SHIM_CALL_TIMEOUT_MS);
      child.stdout.setEncoding('utf8');
      child.stdout.on('data', (text: string) => {
        said += text;
        if (said.includes('\n')) answer();
      });
      child.stdout.once('end', answer);
      child.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
    }),
});

/** Runs a command in a session of its own, so that at its deadline everything it began can be ended with it. */
export const runBounded = (file: string, argv: readonly string[], options: CallOptions = {}): Promise<CallResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, argv, {
      detached: true,
      env: { PATH: SYSTEM_PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let timedOut = false;
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // Already gone.
      }
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, options.timeoutMs ?? SHIM_CALL_TIMEOUT_MS);
    options.signal?.addEventListener('abort', end, { once: true });
    if (options.signal?.aborted) end();
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
      const aborted = options.signal?.aborted ?? false;
      resolve({ code: code ?? (signal === null ? 255 : 137), stdout: stdout(), stderr: stderr(), timedOut, aborted });
    });
  });

const collect = (stream: NodeJS.ReadableStream): (() => string) => {
  const chunks: Buffer[] = [];
  let size = 0;
  let dropped = 0;
  stream.on('data', (chunk: Buffer) => {
    const room = Math.max(0, CALL_OUTPUT_MAX_BYTES - size);
    if (room > 0) chunks.push(chunk.subarray(0, room));
    size += Math.min(room, chunk.length);
    dropped += Math.max(0, chunk.length - room);
  });
  return () => Buffer.concat(chunks).toString('utf8') + (dropped > 0 ? `\n[${dropped} bytes more]\n` : '');
};
