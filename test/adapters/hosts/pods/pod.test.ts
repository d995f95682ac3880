import { describe, expect, test } from 'vitest';
import { dueOf, observedOf, type Pod } from '../../../../src/adapters/hosts/pods/pod.ts';
import type { Exit, Observed } from '../../../../src/domain/ports/hosts.ts';

const one = (instance: string, status: Observed['status'], exit?: Exit): Observed => ({
  instance,
  id: `id of ${instance}`,
  status,
  ipAddresses: [],
  ...(exit && { exit }),
});
const ended = (exitCode: number, at?: number): Exit => ({ exitCode, oom: false, ...(at !== undefined && { at }) });
type Shown = 'absent' | 'created' | 'running' | Exit;

const pod = (holder: Shown, ...members: readonly Shown[]): Pod => {
  const seen = (name: string, shown: Shown): Observed | undefined => {
    if (shown === 'absent') return undefined;
    return typeof shown === 'string' ? one(name, shown) : one(name, 'exited', shown);
  };
  const named = members.map((shown, index) => ({ name: `c${index}`, seen: seen(`p.c${index}`, shown) }));
  return { instance: 'p', holder: seen('p', holder), members: named };
};
const OVER: Exit = { signal: 'SIGKILL', oom: false, at: 99 };

describe('what is due about a pod', () => {
  test.each([
    ['all run', pod('running', 'running', 'running'), 'nothing'],
    ['one has finished', pod('running', ended(0), 'running'), 'nothing'],
    ['one has failed', pod('running', ended(1), 'running'), 'end the others'],
    ['one was killed', pod('running', 'running', { signal: 'SIGKILL', oom: true }), 'end the others'],
    ['one has ended and nobody saw how', pod('running', 'running', { oom: false }), 'end the others'],
    ['all have finished', pod('running', ended(0), ended(0)), 'let go of the holder'],
    ['all have ended, one of them badly', pod('running', ended(0), ended(2)), 'let go of the holder'],
    ['one has failed before the other was started', pod('running', ended(2), 'absent'), 'let go of the holder'],
    ['one has finished before the other was started', pod('running', ended(0), 'absent'), 'nothing'],
    ['one has finished before the other was more than created', pod('running', ended(0), 'created'), 'nothing'],
    ['it is half-started', pod('running', 'running', 'absent'), 'nothing'],
    ['nothing but the holder is there', pod('created', 'absent', 'absent'), 'nothing'],
    ['the holder has ended', pod(OVER, 'running', ended(0)), 'end the others'],
    ['the holder was taken away', pod('absent', 'running', 'running'), 'end the others'],
    ['all is over', pod(OVER, ended(0), ended(1)), 'nothing'],
  ] as const)('when %s: %s', (_, shown, due) => expect(dueOf(shown, false)).toBe(due));

  test('when one that was there has vanished: the others end', () => {
    expect(dueOf(pod('running', 'running', 'absent'), true)).toBe('end the others');
    expect(dueOf(pod('running', ended(0), 'absent'), true)).toBe('let go of the holder');
  });
});

describe('a pod as one instance', () => {
  test.each([
    ['created', pod('created', 'absent', 'absent')],
    ['running', pod('running', 'absent', 'absent')],
    ['running', pod('running', ended(0), ended(0))],
    ['running', pod(OVER, 'running', ended(0))],
    ['exited', pod(OVER, ended(0), ended(0))],
    ['exited', pod(OVER, ended(0), 'absent')],
    ['exited', pod('absent', ended(0), ended(0))],
  ] as const)('is %s: %#', (status, shown) => expect(observedOf(shown).status).toBe(status));

  test.each([
    ['with 0 when all finished, at the last end', pod(OVER, ended(0, 5), ended(0, 7)), { ...ended(0), at: 7 }],
    ['as the first that failed did', pod(OVER, { signal: 'SIGTERM', oom: false, at: 8 }, ended(3, 5), ended(0, 1)), { ...ended(3), at: 8 }],
    [
      'out of memory when that was first',
      pod(OVER, { signal: 'SIGKILL', oom: true, at: 2 }, ended(1, 3)),
      { signal: 'SIGKILL', oom: true, at: 3 },
    ],
    ['as the first whose time is known', pod(OVER, { oom: false }, ended(4, 3)), { ...ended(4), at: 3 }],
    ['nobody knows how when one never ran', pod(OVER, ended(0, 4), 'absent'), { oom: false, at: 4 }],
    ['nobody knows how when none ever ran', pod(OVER, 'absent', 'created'), { oom: false }],
  ] as const)('ends %s', (_, shown, exit) => expect(observedOf(shown).exit).toEqual(exit));

  test('has the holder’s id and addresses, and its containers in their order', () => {
    const shown = pod('running', ended(0, 5), 'absent');
    const held: Pod = { ...shown, holder: { ...one('p', 'running'), startedAt: 3, ipAddresses: ['10.0.0.2'] } };
    expect(observedOf(held)).toEqual({
      instance: 'p',
      id: 'id of p',
      status: 'running',
      startedAt: 3,
      ipAddresses: ['10.0.0.2'],
      containers: [
        { name: 'c0', id: 'id of p.c0', status: 'exited', exit: ended(0, 5) },
        { name: 'c1', id: '', status: 'created' },
      ],
    });
  });
});

test('of two ends within one millisecond the exit code is how the pod ended, and the signal what came of it', () => {
  const signalled: Exit = { signal: 'SIGTERM', oom: false, at: 7 };
  expect(observedOf(pod('absent', signalled, ended(3, 7))).exit).toEqual(ended(3, 7));
});
