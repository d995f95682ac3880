import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Sha256 } from '../../../src/domain/kernel/chain.ts';
import { hexOf } from '../../../src/domain/proof/bytes.ts';
import { headTree } from '../../../src/domain/proof/headTree.ts';
import { auditPath, leafHash, levelsOf, rootFromPath, rootOf } from '../../../src/domain/proof/merkle.ts';
import { headBytes } from '../../../src/domain/proof/streamHead.ts';

const sha256: Sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest());

/** The inputs of the reference test of RFC 6962's authors, and the roots of the trees over the first n of them. */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leavesOf = (count: number): Uint8Array =>
  Buffer.concat(
    Array.from({ length: count }, (_, i) => leafHash(sha256, Buffer.from(INPUTS[i] ?? i.toString(16).padStart(8, '0'), 'hex'))),
  );

test('roots are those of RFC 6962', () => {
  expect(ROOTS.map((_, i) => hexOf(rootOf(levelsOf(sha256, leavesOf(i + 1)))))).toEqual(ROOTS);
  expect(hexOf(rootOf(levelsOf(sha256, new Uint8Array(0))))).toBe(createHash('sha256').digest('hex'));
});

test('the path of every leaf of every tree leads to its root, and of no other leaf', () => {
  for (let size = 1; size <= 40; size++) {
    const leaves = leavesOf(size);
    const levels = levelsOf(sha256, leaves);
    const root = hexOf(rootOf(levels));
    for (let index = 0; index < size; index++) {
      const path = auditPath(levels, index);
      const leaf = leaves.subarray(index * 32, (index + 1) * 32);
      const led = (at: number, of = size, by = path) => rootFromPath(sha256, leaf, at, of, by);
      expect(hexOf(led(index) ?? new Uint8Array(0))).toBe(root);
      for (let other = 0; other < size; other++) if (other !== index) expect(hexOf(led(other) ?? new Uint8Array(0))).not.toBe(root);
      expect(led(index, size, [...path, new Uint8Array(32)])).toBeUndefined();
      if (path.length > 0) expect(hexOf(led(index, size, path.slice(1)) ?? new Uint8Array(0))).not.toBe(root);
      expect(led(size)).toBeUndefined();
    }
  }
});

test('a tree that follows a log is the tree made at once, whatever the order in which streams came and moved', () => {
  const names = ['instance-b', 'app-/web', 'node-n1', 'app-/db', 'instance-a', 'lease-engine'];
  const followed = headTree(sha256);
  const heads = new Map<string, { stream: string; revision: number; hash: Uint8Array }>();
  for (let step = 0; step < 60; step++) {
    const number = (step * 7) % Math.min(names.length, 1 + Math.floor(step / 5));
    const stream = names[number] ?? '';
    const hash = sha256(Buffer.from(`${stream} ${step}`));
    const revision = (heads.get(stream)?.revision ?? -1) + 1;
    heads.set(stream, { stream, revision, hash });
    followed.take(number, () => stream, revision, hash);
    if (step % 3 !== 0) continue;
    const sorted = [...heads.values()].sort((a, b) => (a.stream < b.stream ? -1 : 1));
    const levels = levelsOf(sha256, Buffer.concat(sorted.map((head) => leafHash(sha256, headBytes(head)))));
    expect(hexOf(followed.root())).toBe(hexOf(rootOf(levels)));
    expect(followed.size()).toBe(sorted.length);
    expect(followed.prove(stream)?.index).toBe(sorted.findIndex((head) => head.stream === stream));
    expect(followed.prove(stream)?.head).toEqual({ stream, revision, hash: new Uint8Array(hash) });
  }
  expect(followed.prove('app-/none')).toBeUndefined();
});
