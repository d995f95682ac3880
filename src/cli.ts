import { homedir } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { EXIT } from './adapters/cli/failure.ts';
import type { Io } from './adapters/cli/io.ts';
import { runCli } from './adapters/cli/program.ts';
import { addAsyncApiCommand } from './asyncapiCommand.ts';
import { addClusterSecretCommand } from './clusterSecretCommand.ts';
import { addLogCopyCommand } from './logCopyCommand.ts';
import { addLogServeCommand } from './logServeCommand.ts';
import { addPastCommand } from './pastCommand.ts';
import { addServeCommand } from './serve.ts';
import { addSimulateCommand } from './simulateCommand.ts';
import { VERSION } from './version.ts';

/** What `wharf` starts: the commands on this process's own streams. */
const argv = process.argv.slice(2);
const interruption = new AbortController();

/** Ctrl-C at the question is no answer, and Ctrl-C. */
const ask = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  terminal.once('SIGINT', () => interruption.abort());
  try {
    return await terminal.question(question, { signal: interruption.signal });
  } finally {
    terminal.close();
  }
};

/** What a command opened on its way. */
const toClose: (() => Promise<void>)[] = [];

const io: Io = {
  out: (chunk) => process.stdout.write(chunk),
  err: (chunk) => process.stderr.write(chunk),
  stdin: () => text(process.stdin),
  env: process.env,
  home: homedir(),
  ...(process.stdin.isTTY && process.stdout.isTTY && { ask }),
  ...(process.stdout.isTTY && { terminal: { columns: process.stdout.columns } }),
  openLog: async (file) => {
    const { servePastOf } = await import('./servePast.ts');
    const served = await servePastOf(file);
    toClose.push(served.close);
    return served.socketPath;
  },
  now: () => Date.now(),
  interrupted: interruption.signal,
};

// Whoever reads us has read enough, as `head` does.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? EXIT.ok : EXIT.failed));
if (!argv.includes('serve'))
  process.once('SIGINT', () => {
    interruption.abort();
    process.once('SIGINT', () => process.exit(EXIT.interrupted));
  });

process.exitCode = await runCli(argv, io, {
  version: VERSION,
  more: (program) => {
    addServeCommand(program, io);
    addPastCommand(program, io);
    addClusterSecretCommand(program, io);
    addAsyncApiCommand(program, io);
    addSimulateCommand(program, io);
  },
  moreOfLog: (log) => {
    addLogServeCommand(log, io);
    addLogCopyCommand(log, io);
  },
});
for (const close of toClose) await close();
