import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { parseProfile } from '../../../../../src/adapters/hosts/simulated/cluster/parse.ts';
import { PROFILES } from '../../../../../src/adapters/hosts/simulated/cluster/profiles.ts';
import { ROOT } from '../../../../support/sources.ts';

const problemsOf = (document: unknown): readonly string[] => {
  const parsed = parseProfile(document);
  return E.isLeft(parsed) ? parsed.left.map(({ field, rule }) => `${field}: ${rule}`) : [];
};
const read = (document: unknown) => {
  const parsed = parseProfile(document);
  if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
  return parsed.right;
};

describe('a profile', () => {
  test.each(Object.keys(PROFILES))('%s is one', (name) => {
    expect(read(PROFILES[name])).toMatchObject({ name });
  });

  test('that extends another takes over what a section does not say', () => {
    const mine = read({ extends: 'c1m', name: 'mine', hosts: { count: 7 }, latencies: { start: 5 } });
    expect(mine).toMatchObject({
      name: 'mine',
      hosts: { count: 7, racks: 125 },
      latencies: { start: 5, stop: 0 },
      workload: { apps: 1_000 },
    });
    expect(mine.hosts.classes).toHaveLength(5);
  });

  test('says spans in seconds where they are long', () => {
    const { faults } = read({ extends: 'chaos', faults: { reboot: { perHostHour: 1, down: 2 } } });
    expect(faults.reboot?.down).toBe(2_000);
    expect(faults.rackLoss?.down).toEqual({ medianMs: 60_000, p99Ms: 600_000 });
  });

  test.each([
    [3, ['the profile: must be a JSON object']],
    [{ extends: 'c3m' }, ['extends: must be one of verizon, c1m, c2m, chaos, buildfarm']],
    [{ extends: 'toString' }, ['extends: must be one of verizon, c1m, c2m, chaos, buildfarm']],
    [{ extends: 'c1m', hosts: { counts: 3 } }, ['hosts.counts: is no field of a profile']],
    [{ extends: 'c1m', hosts: { count: 0 } }, ['hosts.count: Too small: expected number to be >=1']],
    [{ extends: 'c1m', hosts: { racks: 2 } }, ['hosts.racks: must not be less than hosts.zones']],
    [
      { hosts: { classes: [{ name: 'A b', cpus: -1, mem: 1 }] } },
      [
        'hosts.classes[0].name: must be small letters, digits and dashes, at most 63',
        'hosts.classes[0].cpus: Too small: expected number to be >0',
      ],
    ],
    [
      { extends: 'c1m', hosts: { classes: [1, 2].map(() => ({ name: 'a', cpus: 1, mem: 1 })) } },
      ['hosts.classes: no two classes may have the same name'],
    ],
    [{ extends: 'c1m', latencies: { start: 'soon' } }, ['latencies.start: must be 0 … 3600000 ms, or {"medianMs": …, "p99Ms": …}']],
    [{ extends: 'c1m', latencies: { start: { medianMs: 5, p99Ms: 1 } } }, ['latencies.start.p99Ms: must not be below medianMs']],
    [{ extends: 'c1m', faults: { startFailureRate: 2 } }, ['faults.startFailureRate: Too big: expected number to be <=1']],
    [
      { extends: 'c1m', faults: { reboot: { perHostHour: 1, down: { medianSeconds: 9, p99Seconds: 1 } } } },
      ['faults.reboot.down.p99Seconds: must not be below medianSeconds'],
    ],
    [
      { extends: 'c1m', workload: { templates: [{ definition: { id: '/x' } }] } },
      ['workload.templates[0].definition.id: is given by the simulation'],
    ],
  ])('%j is refused, by field and rule', (document, problems) => {
    expect(problemsOf(document)).toEqual(problems);
  });
});

test('the profile that the README shows is one', () => {
  const section = readFileSync(join(ROOT, 'README.md'), 'utf8').split('## Simulate a cluster')[1] ?? '';
  const shown = /```json\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  expect(read(JSON.parse(shown))).toMatchObject({ name: 'mine', hosts: { count: 300 }, latencies: { pull: 2_000 } });
});
