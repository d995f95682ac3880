import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Noun } from '../../../src/domain/kernel/decider.ts';
import type { Fact } from '../../../src/domain/kernel/recorded.ts';
import { nouns } from '../../../src/domain/nouns.ts';
import { builders, ofPods, timerElapsed } from '../../support/facts.ts';
import { plainSealer } from '../../support/sealer.ts';

/*
 * What stands in a log stands there for ever: each wire form ever written keeps a golden, which is never rewritten.
 * A new fact or version gets its file by `WHARF_NEW_GOLDENS=1 npx vitest run test/domain/kernel/factGoldens.test.ts`; an existing file stays.
 */
const folder = join(import.meta.dirname, '../../goldens/facts');

type Form = { readonly noun: Noun; readonly type: string; readonly fact: Fact };

const everyForm: readonly Form[] = Object.values(nouns).flatMap((noun) =>
  Object.keys(noun.codec.forms).map((type) => ({ noun, type, fact: type === 'TimerElapsed' ? timerElapsed() : sampleOf(noun, type) })),
);

function sampleOf({ noun }: Noun, type: string): Fact {
  const build = builders[noun]?.[type];
  if (build === undefined) throw new Error(`no builder for ${type} of ${noun}: add one to test/support/facts.ts`);
  return build();
}

const goldenOf = (wireName: string): string | undefined => {
  const file = join(folder, `${wireName}.json`);
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : undefined;
};

describe('every fact as it is written today', () => {
  test.for(everyForm)('$noun.noun: $type is written as its golden and read back equal', ({ noun: { codec }, type, fact }) => {
    const wireName = codec.wireName(type);
    const text = codec.encode(fact, plainSealer);
    if (process.env.WHARF_NEW_GOLDENS === '1' && goldenOf(wireName) === undefined)
      writeFileSync(join(folder, `${wireName}.json`), `${text}\n`);
    expect(goldenOf(wireName), `${wireName} has no golden`).toBe(text);
    expect(codec.decode(wireName, text, plainSealer)).toEqual(fact);
  });
});

const podFolder = join(import.meta.dirname, '../../goldens/factsOfPods');

/* Optional additions to a version have a golden of their own; the one without them stays as it was written first. */
describe('what was added to a fact for pods', () => {
  test.for(ofPods)('$type is written as its golden and read back equal', (fact) => {
    const { codec } = nouns.instance as Noun;
    const wireName = codec.wireName(fact.type);
    const text = codec.encode(fact, plainSealer);
    const file = join(podFolder, `${wireName}.json`);
    if (process.env.WHARF_NEW_GOLDENS === '1' && !existsSync(file)) writeFileSync(file, `${text}\n`);
    expect(readFileSync(file, 'utf8').trimEnd()).toBe(text);
    expect(codec.decode(wireName, text, plainSealer)).toEqual(fact);
    const { type: _, ...data } = fact;
    expect(codec.forms[fact.type]?.schema.safeParse(data).error).toBeUndefined();
  });
});

describe('every form ever written', () => {
  test.for(readdirSync(folder).map((file) => file.replace(/\.json$/, '')))('%s is still read', (wireName) => {
    const type = wireName.slice(0, wireName.lastIndexOf('.v'));
    const owners = Object.values(nouns).filter(({ codec }) => type in codec.forms);
    expect(owners).not.toEqual([]);
    for (const { codec } of owners) {
      const fact = codec.decode(wireName, goldenOf(wireName) ?? '', plainSealer);
      const { type: decoded, ...data } = fact;
      expect(decoded).toBe(type);
      expect(codec.forms[type]?.schema.safeParse(data).error).toBeUndefined();
    }
  });
});

test('a fact has one meaning: no two nouns write the same type, timers apart', () => {
  const types = everyForm.map(({ type }) => type).filter((type) => type !== 'TimerElapsed');
  expect(types).toEqual([...new Set(types)]);
});

test('every fact that a chart accepts has a form, and every form is accepted by a chart of its noun', () => {
  for (const { noun, codec, charts } of Object.values(nouns)) {
    const accepted = new Set(Object.values(charts).flatMap(({ accepts }) => accepts));
    expect([...accepted].sort(), noun).toEqual(
      Object.keys(codec.forms)
        .filter((type) => type !== 'TimerElapsed')
        .sort(),
    );
  }
});
