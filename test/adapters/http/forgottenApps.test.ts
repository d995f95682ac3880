import { expect, test } from 'vitest';
import { groupVersions } from '../../../src/adapters/http/marathon/groupJson.ts';
import { wayBack } from '../../../src/adapters/http/marathon/plans.ts';
import type { Engine } from '../../../src/domain/ports/engine.ts';
import type { PlanRow } from '../../../src/domain/ports/views.ts';

const GONE = '2030-01-01T00:00:00.000Z';
const KNOWN = '2030-01-02T00:00:00.000Z';
const NEWEST = '2030-01-03T00:00:00.000Z';

test('a group has no versions at which something stood below it that is forgotten', () => {
  const views = {
    groups: { versions: () => [GONE, NEWEST] },
    apps: { knownFrom: (group: string) => (group === '/builds' ? KNOWN : ''), versionsBelow: () => [KNOWN] },
  };
  const engine = { views } as unknown as Engine;
  expect(groupVersions(engine, '/builds')).toEqual([NEWEST, KNOWN]);
  expect(groupVersions(engine, '/shop')).toEqual([NEWEST, KNOWN, GONE]);
});

test('a plan that destroyed an app which is forgotten is not reverted without it', () => {
  const previous = { version: GONE, configVersion: GONE, instances: 1 };
  const plan = { id: 'p1', group: '/builds', changes: [{ id: '/builds/1' }] } as unknown as PlanRow;
  const views = (versionOf: () => unknown) =>
    ({ deployments: { partOf: () => ({ previous }) }, apps: { versionOf } }) as unknown as Engine['views'];
  const refused = () => wayBack({ views: views(() => undefined) }, plan);
  expect(refused).toThrow(
    expect.objectContaining({ status: 422, message: `/builds/1 is gone, and its version ${GONE} is not kept any more` }),
  );
  expect(wayBack({ views: views(() => ({ version: GONE, configVersion: GONE })) }, plan).configVersions).toEqual(
    new Map([['/builds/1', GONE]]),
  );
});
