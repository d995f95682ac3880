import { allOf, plus } from '../../../../domain/kernel/amounts.ts';
import { type RoleStanding, roleStandings } from '../../../../domain/placement/standing.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import { ANY_ROLE } from './agents.ts';
import { NOTHING, resourcesJson, sumOf } from './resources.ts';
import { partsOf, type Snapshot } from './snapshot.ts';

/** `/roles`: every role that a task or a node has, or that something was said of, with what is allocated to it. Nobody has an offer. */
export const rolesJson = ({ agents, tasks, frameworkId }: Snapshot, engine: Engine) => {
  const { live } = partsOf(tasks);
  const standings = new Map(roleStandings(engine.views).map((each) => [each.role, each]));
  const names = [...new Set([ANY_ROLE, ...agents.map(({ role }) => role), ...live.map(({ role }) => role), ...standings.keys()])].sort();
  return {
    roles: names.map((name) => {
      const standing: Partial<RoleStanding> = standings.get(name) ?? {};
      const { weight = 1, quota, reserved = {} } = standing;
      const own = live.filter(({ role }) => role === name);
      const allocated = resourcesJson(sumOf(own.map(({ resources }) => resources)));
      const whole = sumOf(name === ANY_ROLE ? [] : agents.filter(({ role }) => role === name).map(({ open }) => open));
      return {
        name,
        weight,
        quota: { role: name, guarantee: quota?.guarantee ?? {}, limit: quota?.limit ?? {}, consumed: allocated },
        resources: allocated,
        allocated,
        offered: resourcesJson(NOTHING),
        reserved: resourcesJson({ ...whole, ...allOf(plus(whole, reserved)) }),
        frameworks: own.length > 0 ? [frameworkId] : [],
      };
    }),
  };
};
