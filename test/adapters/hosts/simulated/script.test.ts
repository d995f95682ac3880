import { describe, expect, test } from 'vitest';
import { expanded, scriptOf } from '../../../../src/adapters/hosts/simulated/script.ts';

describe('what a simulated command does', () => {
  test.each([
    ['exit 3', { after: 0, exit: { exitCode: 3, oom: false } }],
    ['true', { after: 0, exit: { exitCode: 0, oom: false } }],
    ['sleep 2; false', { after: 2_000, exit: { exitCode: 1, oom: false } }],
    ['sleep 0.5 && exec sleep 1', { after: 1_500, exit: { exitCode: 0, oom: false } }],
    ['kill -9 $$; sleep 600', { after: 0, exit: { signal: 'SIGKILL', oom: false } }],
    ['exhaust-memory', { after: 0, exit: { signal: 'SIGKILL', oom: true } }],
    ['sleep infinity', undefined],
    ['exec nginx -g "daemon off;"', undefined],
    ['echo up; while :; do sleep 1; done', undefined],
  ])('%s', (shell, end) => {
    expect(scriptOf({ shell }).end).toEqual(end);
  });

  test('lines come at their times, on their streams, with their quotes taken off', () => {
    expect(scriptOf({ shell: `echo 'one; two'; sleep 1; echo "oh no" >&2` }).lines).toEqual([
      { after: 0, stream: 'stdout', text: 'one; two' },
      { after: 1_000, stream: 'stderr', text: 'oh no' },
    ]);
  });

  test('an argv is a command of its own, but for a shell, which reads one', () => {
    expect(scriptOf({ args: ['echo', 'a;b'] }).lines).toEqual([{ after: 0, stream: 'stdout', text: 'a;b' }]);
    expect(scriptOf({ args: ['/bin/sh', '-c', 'exit 4'] }).end?.exit.exitCode).toBe(4);
    expect(scriptOf({})).toEqual({ lines: [], traps: {} });
  });

  test('a trap ignores a signal or answers it with an exit code', () => {
    expect(scriptOf({ shell: `trap '' TERM; trap 'exit 5' INT; serve` }).traps).toEqual({ SIGTERM: 'ignore', SIGINT: 5 });
  });

  test('variables come from the environment', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's form.
    expect(expanded('$HOST:${PORT0}/$NONE', { HOST: 'h', PORT0: '31000' })).toBe('h:31000/');
  });
});
