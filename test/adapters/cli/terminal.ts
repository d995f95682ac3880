import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Io } from '../../../src/adapters/cli/io.ts';
import { runCli } from '../../../src/adapters/cli/program.ts';
import { type Server, startServer } from '../../../src/main.ts';

export type Ran = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  // biome-ignore lint/suspicious/noExplicitAny: a document is what the test says it is.
  readonly json: any;
  /** One document per line. */
  // biome-ignore lint/suspicious/noExplicitAny: a document is what the test says it is.
  readonly lines: readonly any[];
};

export type Typed = {
  readonly stdin?: string;
  readonly columns?: number;
  readonly env?: Io['env'];
  readonly interrupted?: AbortSignal;
  /** Answers a question, as a person at a terminal. */
  readonly ask?: (question: string) => Promise<string>;
  /** Sees the output as it comes. */
  readonly onOut?: (soFar: string) => void;
};

/** One command line as somebody types it, its streams caught. */
export const type = async (
  argv: readonly string[],
  { stdin = '', columns, env = {}, interrupted, ask, onOut }: Typed = {},
): Promise<Ran> => {
  let [out, err] = ['', ''];
  const code = await runCli(
    argv,
    {
      out: (text) => {
        out += text;
        onOut?.(out);
      },
      err: (text) => {
        err += text;
      },
      stdin: async () => stdin,
      env,
      home: '/nonexistent',
      ...(ask !== undefined && { ask }),
      ...(columns !== undefined && { terminal: { columns } }),
      now: () => Date.now(),
      interrupted: interrupted ?? new AbortController().signal,
    },
    { version: '1.2.3' },
  );
  return {
    code,
    out,
    err,
    // What is no JSON must not keep a failed expectation from being shown: matchers look at everything.
    get json() {
      return out.startsWith('{') || out.startsWith('[') ? JSON.parse(out) : undefined;
    },
    get lines() {
      return out
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    },
  };
};

export type RealEngine = {
  readonly dataDir: string;
  readonly server: Server;
  wharf(argv: readonly string[], typed?: Typed): Promise<Ran>;
  /** Removes every app, so that no process outlives the test, and stops. */
  end(): Promise<void>;
};

/** A real engine with this machine's native processes as its one node. */
export const realEngine = async (): Promise<RealEngine> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'wharf-cli-'));
  const server = await startServer({ dataDir, listen: { port: 0 }, localNodes: true });
  const wharf: RealEngine['wharf'] = (argv, typed) => type(['--data-dir', dataDir, ...argv], typed);
  return {
    dataDir,
    server,
    wharf,
    end: async () => {
      const { apps } = (await wharf(['app', 'list', '--json'])).json;
      for (const { id } of apps) await wharf(['app', 'remove', id, '--force', '--wait']);
      await server.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
};

/** Native and without ports: it stops at once. */
export const sleeper = (id: string, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ id, cmd: 'echo "I am $RELEASE"; exec sleep 1000', cpus: 0.01, mem: 16, instances: 2, env: { RELEASE: '1' }, ...more });
