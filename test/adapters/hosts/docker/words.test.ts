import { describe, expect, test } from 'vitest';
import { linesOf, unframe } from '../../../../src/adapters/hosts/docker/frames.ts';
import { progressOf } from '../../../../src/adapters/hosts/docker/images.ts';
import { LABEL } from '../../../../src/adapters/hosts/docker/labels.ts';
import { exitOf } from '../../../../src/adapters/hosts/docker/observed.ts';
import { podLabelOf, readPodLabel } from '../../../../src/adapters/hosts/docker/podLabel.ts';
import { isImageId, parseReference } from '../../../../src/adapters/hosts/docker/references.ts';
import { specOf } from '../../../support/runSpec.ts';

const frame = (stream: 1 | 2, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};

describe('output', () => {
  test('is the same however its bytes are cut', () => {
    const bytes = Buffer.concat([
      frame(1, '2026-01-02T03:04:05.678901234Z one\n2026-01-02T03:04:06Z tw'),
      frame(2, 'oops\n'),
      frame(1, 'ö\nrest'),
    ]);
    const expected = [
      { stream: 'stdout', at: Date.UTC(2026, 0, 2, 3, 4, 5, 678), text: 'one' },
      { stream: 'stderr', text: 'oops' },
      { stream: 'stdout', at: Date.UTC(2026, 0, 2, 3, 4, 6), text: 'twö' },
      { stream: 'stdout', text: 'rest' },
    ];
    for (let size = 1; size <= bytes.length; size++) {
      const pieces = unframe(false);
      const lines = linesOf();
      const seen = [];
      for (let at = 0; at < bytes.length; at += size)
        for (const piece of pieces(bytes.subarray(at, at + size))) seen.push(...lines.push(piece));
      expect([...seen, ...lines.rest()]).toEqual(expected);
    }
  });

  test('of a terminal has one stream and no frames', () => {
    expect(unframe(true)(Buffer.from('a\n'))).toEqual([{ stream: 'stdout', bytes: Buffer.from('a\n') }]);
  });

  test('without a line feed is cut before it fills the memory', () => {
    const lines = linesOf();
    expect(lines.push({ stream: 'stdout', bytes: Buffer.alloc(70_000, 'x') })).toEqual([{ stream: 'stdout', text: 'x'.repeat(70_000) }]);
    expect(lines.rest()).toEqual([]);
  });
});

describe('the label of a pod', () => {
  const labels = (pod: string) => ({ [LABEL.instance]: 'i-1', [LABEL.pod]: pod });

  test('is read back as it was written', () => {
    const mounts = [{ kind: 'volume' as const, name: 'wharf-i-1-data', containerPath: '/data', readOnly: false }];
    const { instance, app, version, slot, network, ports, ...own } = specOf('any', { mounts });
    const spec = specOf('i-1', { containers: [{ ...own, name: 'web' }], killGraceMs: 7 });
    const label = { instance: 'i-1', containers: ['web'], killGraceMs: 7, volumes: ['wharf-i-1-data'] };
    expect(readPodLabel(labels(podLabelOf(spec)))).toEqual(label);
  });

  test.each(['', 'nonsense', '{}', '{"instance":"i-2","containers":["a"],"volumes":[]}'])('is none when an image brought it: %s', (pod) => {
    expect(readPodLabel(labels(pod))).toBeUndefined();
  });
});

describe('how something ended', () => {
  const ended = (ExitCode: number, OOMKilled = false) => ({ ExitCode, OOMKilled, FinishedAt: '2026-01-01T00:00:00Z' });
  const at = Date.UTC(2026, 0, 1);

  test('is its own exit code, a signal, or the kernel out of memory', () => {
    expect(exitOf(ended(3), false)).toEqual({ exitCode: 3, oom: false, at });
    expect(exitOf(ended(143), false)).toEqual({ signal: 'SIGTERM', oom: false, at });
    expect(exitOf(ended(137), false)).toEqual({ signal: 'SIGKILL', oom: false, at });
    expect(exitOf(ended(134), false)).toEqual({ signal: 'SIGABRT', oom: false, at });
    expect(exitOf(ended(137, true), false)).toEqual({ signal: 'SIGKILL', oom: true, at });
  });

  test('counts a seen out-of-memory event only with the kill that it explains', () => {
    expect(exitOf(ended(137), true)).toEqual({ signal: 'SIGKILL', oom: true, at });
    expect(exitOf(ended(0), true)).toEqual({ exitCode: 0, oom: false, at });
  });

  test('keeps a code beyond the signals as a code', () => {
    expect(exitOf(ended(255), false)).toEqual({ exitCode: 255, oom: false, at });
  });
});

describe('image references', () => {
  test.each([
    ['redis', 'docker.io', 'redis', 'latest'],
    ['library/redis:7', 'docker.io', 'library/redis', '7'],
    ['localhost:5000/a', 'localhost:5000', 'localhost:5000/a', 'latest'],
    ['r.example/team/a:1.2', 'r.example', 'r.example/team/a', '1.2'],
    ['r.example:5000/a@sha256:00ff', 'r.example:5000', 'r.example:5000/a', 'sha256:00ff'],
    ['r.example/a:1@sha256:00ff', 'r.example', 'r.example/a', 'sha256:00ff'],
  ])('%s', (image, registry, repository, tag) => {
    expect(parseReference(image)).toEqual({ registry, repository, tag });
  });

  test('an id is told from a name', () => {
    expect(isImageId(`sha256:${'a'.repeat(64)}`)).toBe(true);
    expect(isImageId('0123456789ab')).toBe(true);
    expect(isImageId('cafe')).toBe(false);
    expect(isImageId('redis:7')).toBe(false);
  });
});

test('a pull that fails in its last, unended line has failed', () => {
  const progress = progressOf();
  progress.push(Buffer.from('{"status":"Pulling"}\r\n{"errorDetail":{"mess'));
  progress.push(Buffer.from('age":"denied"}}'));
  expect(progress.failure()).toBe('denied');
});
