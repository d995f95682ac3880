import { ANY_ROLE } from './agents.ts';
import { NOTHING, resourcesJson, sumOf } from './resources.ts';
import { partsOf, type Snapshot } from './snapshot.ts';

/** Mesos' default weight of a role. */
const WEIGHT = 1;

/** `/roles`: every role that a task or a node has, with what is allocated to it. Nobody has a quota, a weight other than 1 or an offer. */
export const rolesJson = ({ agents, tasks, frameworkId }: Snapshot) => {
  const { live } = partsOf(tasks);
  const names = [...new Set([ANY_ROLE, ...agents.map(({ role }) => role), ...live.map(({ role }) => role)])].sort();
  return {
    roles: names.map((name) => {
      const own = live.filter(({ role }) => role === name);
      const allocated = resourcesJson(sumOf(own.map(({ resources }) => resources)));
      const reserved = sumOf(name === ANY_ROLE ? [] : agents.filter(({ role }) => role === name).map(({ total }) => total));
      return {
        name,
        weight: WEIGHT,
        quota: { role: name, guarantee: {}, limit: {}, consumed: allocated },
        resources: allocated,
        allocated,
        offered: resourcesJson(NOTHING),
        reserved: resourcesJson(reserved),
        frameworks: own.length > 0 ? [frameworkId] : [],
      };
    }),
  };
};
