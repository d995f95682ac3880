import fc from 'fast-check';
import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { renderApp } from '../../../../src/domain/app/definition/definition.ts';
import { parseApp } from '../../../../src/domain/app/definition/parse.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const port = fc.integer({ min: 0, max: 65_535 });
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const anApp = fc
  .record({
    id: fc.array(name, { minLength: 1, maxLength: 3 }).map((path) => path.join('/')),
    cmd: fc.constantFrom('sleep 1', 'run'),
    instances: optional(fc.nat(100)),
    cpus: optional(fc.double({ min: 0.001, max: 64, noNaN: true })),
    env: optional(fc.dictionary(fc.string({ minLength: 1 }), fc.string())),
    ports: optional(fc.uniqueArray(port)),
    uris: optional(fc.array(fc.webUrl())),
    constraints: optional(fc.array(fc.constantFrom(['hostname', 'unique'], ['@zone', 'GROUP_BY', '2'], ['rack', 'LIKE', 'r.*']))),
    healthChecks: optional(fc.array(fc.record({ protocol: fc.constantFrom('HTTP', 'tcp'), port }))),
    networking: fc.constantFrom(undefined, 'BRIDGE', 'HOST', 'NONE'),
    labels: optional(fc.dictionary(fc.string(), fc.string())),
    unknown: optional(fc.jsonValue()),
  })
  .map(({ networking, ...fields }) => ({
    ...fields,
    ...(networking === undefined ? {} : { container: { docker: { image: 'web', network: networking } } }),
  }));

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('what was parsed, rendered and parsed again is the same', () => {
  let seen = 0;
  fc.assert(
    fc.property(anApp, (input) => {
      const once = parseApp(overTheWire(input));
      if (E.isLeft(once)) return;
      seen++;
      expect(parseApp(overTheWire(renderApp(once.right)))).toEqual(once);
    }),
    { numRuns: 300 },
  );
  expect(seen).toBeGreaterThan(100);
});

test('whatever comes, it is an answer, never a throw; a refusal always names a path', () => {
  const field = fc.constantFrom(
    'id',
    'cmd',
    'container',
    'networks',
    'healthChecks',
    'env',
    'ports',
    'constraints',
    'fetch',
    'residency',
    'x',
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(field, fc.jsonValue())), (input) => {
      const result = parseApp(input);
      if (E.isRight(result)) expect(result.right.id.startsWith('/')).toBe(true);
      else expect(result.left.details.every(({ path, errors }) => path.startsWith('/') && errors.length > 0)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
