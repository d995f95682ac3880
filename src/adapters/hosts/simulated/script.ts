import type { Millis } from '../../../domain/kernel/units.ts';
import type { Exit, LogLine, RunSpec } from '../../../domain/ports/hosts.ts';

/** What a simulated command does: what it prints and when, and how and when it ends, if it does by itself. Times count from its start. */
export type Script = {
  readonly lines: readonly { readonly after: Millis; readonly stream: LogLine['stream']; readonly text: string }[];
  readonly end?: { readonly after: Millis; readonly exit: Exit };
  /** Signals that it does not die of: ignored, or the exit code that it answers with. */
  readonly traps: Readonly<Record<string, 'ignore' | number>>;
};

const SERVER: Script = { lines: [], traps: {} };

/**
 * Reads the few words of sh that tests and examples are made of: echo, sleep, exit, true, false, `:`, trap, kill $$ and exec, joined by
 * `;`, `&&` or line ends; and `exhaust-memory`, which the kernel kills. The first word that it does not know is a server: it runs until it is stopped.
 */
export const scriptOf = (command: RunSpec['command']): Script => {
  if ('shell' in command) return compiled(command.shell);
  if (!('args' in command)) return SERVER;
  const [program, flag, text] = command.args;
  if (program !== undefined && SHELLS.has(program) && flag === '-c' && text !== undefined) return compiled(text);
  return compiled(command.args.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' '));
};

const SHELLS = new Set(['sh', '/bin/sh', 'bash', '/bin/bash']);

const compiledBefore = new Map<string, Script>();
const COMPILED_KEPT = 1000;

const compiled = (text: string): Script => {
  const known = compiledBefore.get(text);
  if (known !== undefined) return known;
  if (compiledBefore.size >= COMPILED_KEPT) compiledBefore.clear();
  const script = compile(text);
  compiledBefore.set(text, script);
  return script;
};

const compile = (text: string): Script => {
  const lines: Script['lines'][number][] = [];
  const traps: Record<string, 'ignore' | number> = {};
  let after = 0;
  let status = 0;
  const ended = (exit: Exit): Script => ({ lines, traps, end: { after, exit } });
  for (const statement of statementsOf(text)) {
    const [name, ...words] = statement[0] === 'exec' ? statement.slice(1) : statement;
    switch (name) {
      case 'echo': {
        const toError = words.some((word) => word === '>&2' || word === '1>&2');
        const said = words.filter((word) => word !== '>&2' && word !== '1>&2').join(' ');
        for (const line of said.split('\n')) lines.push({ after, stream: toError ? 'stderr' : 'stdout', text: line });
        status = 0;
        break;
      }
      case 'sleep': {
        const seconds = Number(words[0]);
        if (!Number.isFinite(seconds)) return { lines, traps };
        after += seconds * 1000;
        status = 0;
        break;
      }
      case 'true':
      case ':':
        status = 0;
        break;
      case 'false':
        status = 1;
        break;
      case 'exit':
        return ended({ exitCode: words[0] === undefined ? status : Number(words[0]), oom: false });
      case 'kill':
        if (words.at(-1) !== '$$') return { lines, traps };
        return ended({ signal: signalOf(words.length > 1 ? (words[0] ?? '').slice(1) : 'TERM'), oom: false });
      case 'exhaust-memory':
        return ended({ signal: 'SIGKILL', oom: true });
      case 'trap': {
        const code = /^exit (\d+)$/.exec(words[0] ?? '')?.[1];
        for (const word of words.slice(1)) traps[signalOf(word)] = code === undefined ? 'ignore' : Number(code);
        break;
      }
      default:
        return { lines, traps };
    }
  }
  return ended({ exitCode: status, oom: false });
};

const NUMBERED: Readonly<Record<string, string>> = { 1: 'HUP', 2: 'INT', 3: 'QUIT', 9: 'KILL', 10: 'USR1', 12: 'USR2', 15: 'TERM' };

/** `9`, `KILL` and `SIGKILL` are one. */
export const signalOf = (word: string): string => {
  const name = NUMBERED[word] ?? word.toUpperCase();
  return name.startsWith('SIG') ? name : `SIG${name}`;
};

/** Words with their quotes taken off; `;`, `&&` and line ends part statements. */
const statementsOf = (text: string): string[][] => {
  const statements: string[][] = [];
  let words: string[] = [];
  for (const [, separator, word] of text.matchAll(/(;|&&|\n)|((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s;'"\\&]|&(?!&))+)/g)) {
    if (separator !== undefined) {
      if (words.length > 0) statements.push(words);
      words = [];
    } else if (word !== undefined)
      words.push(word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, plain, quoted, escaped) => plain ?? quoted ?? escaped));
  }
  if (words.length > 0) statements.push(words);
  return statements;
};

/** `$NAME` and `${NAME}` from an environment; nothing for a name that it lacks. */
export const expanded = (text: string, env: Readonly<Record<string, string>>): string =>
  text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, plain) => env[braced ?? plain] ?? '');
