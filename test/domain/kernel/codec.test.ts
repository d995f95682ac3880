import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { codecOf, SHREDDED, UnknownWireForm } from '../../../src/domain/kernel/codec.ts';
import { nouns } from '../../../src/domain/nouns.ts';
import { app, request, samplesOf, timerElapsed } from '../../support/facts.ts';
import { plainSealer, shreddedSealer } from '../../support/sealer.ts';

type Weighed = { readonly type: 'CargoWeighed'; readonly kilograms: number; readonly by: string };

const codec = codecOf<Weighed>({
  CargoWeighed: {
    version: 3,
    schema: z.object({ kilograms: z.number(), by: z.string() }),
    upcasters: {
      1: ({ pounds }: { pounds: number }) => ({ grams: pounds * 500 }),
      2: ({ grams, ...rest }: { grams: number }) => ({ by: 'unknown', ...rest, kilograms: grams / 1000 }),
    },
  },
});

describe('versions', () => {
  test('a fact is written in its newest version', () => {
    expect(codec.wireName('CargoWeighed')).toBe('CargoWeighed.v3');
  });

  test('a fact of an old version is lifted step by step', () => {
    expect(codec.decode('CargoWeighed.v1', '{"pounds":4}', plainSealer)).toEqual({ type: 'CargoWeighed', kilograms: 2, by: 'unknown' });
    expect(codec.decode('CargoWeighed.v2', '{"grams":700,"by":"ann"}', plainSealer)).toEqual({
      type: 'CargoWeighed',
      kilograms: 0.7,
      by: 'ann',
    });
  });

  test.for(['CargoWeighed.v4', 'CargoWeighed.v0', 'CargoWeighed.vx', 'CargoWeighed', 'CargoLost.v1', '', '.v1'])(
    'nobody guesses what %o means',
    (wireName) => {
      expect(() => codec.decode(wireName, '{}', plainSealer)).toThrow(UnknownWireForm);
    },
  );

  test('a type without a form cannot be written', () => {
    expect(() => codec.wireName('CargoLost')).toThrow(UnknownWireForm);
    expect(() => codec.encode({ type: 'CargoLost' } as never, plainSealer)).toThrow(UnknownWireForm);
  });

  test('every noun writes timers alike', () => {
    for (const noun of Object.values(nouns)) {
      const text = noun.codec.encode(timerElapsed(), plainSealer);
      expect(noun.codec.decode('TimerElapsed.v1', text, plainSealer)).toEqual(timerElapsed());
    }
  });
});

describe('samples', () => {
  const samples = Object.values(nouns).flatMap((noun) =>
    samplesOf(noun.noun).map((fact, n) => ({ noun, fact, name: `${fact.type} ${n}` })),
  );

  test.for(samples)('$name fits its published shape and comes back as it was', ({ noun: { codec: forms }, fact }) => {
    const { type, ...data } = fact;
    expect(forms.forms[type]?.schema.safeParse(data).error).toBeUndefined();
    expect(forms.decode(forms.wireName(type), forms.encode(fact, plainSealer), plainSealer)).toEqual(fact);
  });
});

describe('sensitive fields', () => {
  const appCodec = nouns.app?.codec;
  const requestCodec = nouns.request?.codec;
  const text = appCodec?.encode(app.AppVersionAdded(), plainSealer) ?? '';

  test('an environment and a registry password never stand in the log', () => {
    expect(text).not.toContain('s3cret');
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text).definition.env.TOKEN).toEqual({ $sealed: '"terc3s"', key: 'app:/shop/web' });
    expect(JSON.parse(text).definition.container.docker.credential).toEqual({
      principal: 'puller',
      secret: { $sealed: '"2retnuh"', key: 'app:/shop/web' },
    });
  });

  test('all but the sensitive fields stay readable', () => {
    expect(JSON.parse(text).definition.labels).toEqual({ team: 'shop' });
    expect(Object.keys(JSON.parse(text).definition.env)).toEqual(['TOKEN', 'GREETING']);
  });

  test('after its key was destroyed a value is shredded, and the rest of the fact is still read', () => {
    const fact = appCodec?.decode('AppVersionAdded.v1', text, shreddedSealer) as ReturnType<typeof app.AppVersionAdded>;
    expect(fact.definition.env).toEqual({ TOKEN: SHREDDED, GREETING: SHREDDED });
    expect(fact.definition.container?.docker?.credential?.secret).toBe(SHREDDED);
    expect(fact.definition.id).toBe('/shop/web');
  });

  test('a definition without container or login has nothing to seal there', () => {
    const { container: _, ...definition } = app.AppVersionAdded().definition;
    const bare = app.AppVersionAdded({ definition: { ...definition, env: {} } });
    expect(appCodec?.encode(bare, plainSealer)).not.toContain('$sealed');
    expect(appCodec?.decode('AppVersionAdded.v1', appCodec.encode(bare, plainSealer), plainSealer)).toEqual(bare);
  });

  test("a value that looks sealed, but came from a user, is sealed like any other and never opened as one's own", () => {
    const forged = request.RequestReceived({ body: { $sealed: 'forged', key: 'app:/other' } });
    const written = requestCodec?.encode(forged, plainSealer) ?? '';
    expect(requestCodec?.decode('RequestReceived.v1', written, plainSealer)).toEqual(forged);
  });

  test("the body of a request is sealed with its subject's key", () => {
    const written = JSON.parse(requestCodec?.encode(request.RequestReceived(), plainSealer) ?? '');
    expect(written.body.key).toBe('app:/shop/web');
    expect(JSON.stringify(written)).not.toContain('s3cret');
  });
});
