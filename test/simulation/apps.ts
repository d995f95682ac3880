import { either as E } from 'fp-ts';
import type { AppDefinition } from '../../src/domain/app/definition/definition.ts';
import { parseApp } from '../../src/domain/app/definition/parse.ts';
import type { Dice } from './dice.ts';

const UPGRADES = [
  { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
  { minimumHealthCapacity: 1, maximumOverCapacity: 0 },
  { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
  { minimumHealthCapacity: 0.6, maximumOverCapacity: 0.4 },
  { minimumHealthCapacity: 0, maximumOverCapacity: 1 },
  { minimumHealthCapacity: 0, maximumOverCapacity: 0 },
] as const;

const CONSTRAINTS = [
  [],
  [],
  [],
  [['hostname', 'UNIQUE']],
  [['hostname', 'MAX_PER', '2']],
  [['@zone', 'GROUP_BY', '2']],
  [['@zone', 'MAX_PER', '2']],
  [['hostname', 'UNLIKE', 'n1']],
] as const;

const UNREACHABLE = [
  'disabled',
  { inactiveAfterSeconds: 0, expungeAfterSeconds: 0 },
  { inactiveAfterSeconds: 10, expungeAfterSeconds: 60 },
  { inactiveAfterSeconds: 30, expungeAfterSeconds: 30 },
] as const;

/** An app of any kind that a script deploys. Everything that makes it slow to converge is kept short. */
export const anyApp = (dice: Dice, id: string): AppDefinition => parsed(anyInput(dice, id));

/** The same as a client writes it. */
export const anyInput = (dice: Dice, id: string): Readonly<Record<string, unknown>> => {
  const fixedPort = dice.chance(0.15);
  const ports = fixedPort ? 1 : dice.whole(0, 2);
  const portDefinitions = Array.from({ length: ports }, (_, n) => ({
    port: fixedPort ? 31_000 + dice.whole(0, 2) : 0,
    protocol: 'tcp',
    name: `p${n}`,
  }));
  const isChecked = ports > 0 && dice.chance(0.5);
  return {
    id,
    cmd: dice.chance(0.85) ? 'serve' : `sleep ${dice.pick([0, 3, 40])}; exit ${dice.whole(0, 1)}`,
    env: { V: String(dice.whole(1, 1_000_000)) },
    instances: dice.chance(0.1) ? 0 : dice.whole(1, 5),
    cpus: dice.pick([0.1, 0.5, 1, 2.5]),
    mem: dice.pick([32, 128, 1024]),
    portDefinitions,
    requirePorts: fixedPort,
    healthChecks: isChecked
      ? [
          {
            protocol: 'TCP',
            portIndex: 0,
            gracePeriodSeconds: dice.whole(0, 20),
            intervalSeconds: dice.whole(2, 10),
            timeoutSeconds: 1,
            maxConsecutiveFailures: dice.whole(0, 3),
          },
        ]
      : [],
    constraints: dice.pick(CONSTRAINTS),
    upgradeStrategy: dice.pick(UPGRADES),
    unreachableStrategy: dice.pick(UNREACHABLE),
    backoffSeconds: 1,
    backoffFactor: 2,
    maxLaunchDelaySeconds: 8,
    taskKillGracePeriodSeconds: dice.whole(0, 4),
    killSelection: dice.pick(['YOUNGEST_FIRST', 'OLDEST_FIRST']),
    ...(dice.chance(0.5) && { labels: { WHARF_DRAIN_SECONDS: String(dice.whole(0, 3)) } }),
    ...(dice.chance(0.2) && { deployment: anyPolicy(dice) }),
    ...(dice.chance(0.25) && { placement: anyPlacement(dice) }),
    ...(dice.chance(0.15) && { perNode: true, constraints: dice.pick(ABOUT_NODES) }),
  };
};

const anyRelation = (dice: Dice) => ({
  app: dice.pick(['/a', '/b', '/c', '/*']),
  field: dice.pick(['@hostname', '@zone']),
  ...(dice.chance(0.3) && { weight: dice.whole(1, 100) }),
});

/** No gangs: what they wait for at rest is told in stories. */
const anyPlacement = (dice: Dice) => ({
  ...(dice.chance(0.4) && { policy: dice.pick(['spread', 'binpack']) }),
  ...(dice.chance(0.6) && { antiAffinity: [anyRelation(dice)] }),
  ...(dice.chance(0.2) && { affinity: [{ ...anyRelation(dice), weight: dice.whole(1, 100) }] }),
  ...(dice.chance(0.3) && { prefer: [{ constraint: ['@zone', 'IS', 'even'], weight: 3 }] }),
});

const ABOUT_NODES = [[], [['hostname', 'UNLIKE', 'n1']], [['@zone', 'IS', 'even']]] as const;

/** Commands that succeed, fail, or take too long. */
const anyHook = (dice: Dice) => ({
  cmd: dice.pick(['sleep 2; exit 0', 'exit 0', 'sleep 4; exit 1', 'hang']),
  timeoutSeconds: dice.pick([5, 30]),
  attempts: dice.whole(1, 3),
});

const anyPolicy = (dice: Dice) => ({
  ...(dice.chance(0.6) && { before: anyHook(dice) }),
  ...(dice.chance(0.4) && { after: anyHook(dice) }),
  ...(dice.chance(0.3) && { progressDeadlineSeconds: dice.whole(20, 200) }),
  ...(dice.chance(0.3) && { healthyDeadlineSeconds: dice.whole(20, 200) }),
});

/** The same app as another version: now and then of another kind altogether. */
export const changed = (dice: Dice, app: AppDefinition): AppDefinition =>
  dice.chance(0.2)
    ? anyApp(dice, app.id)
    : { ...app, env: { V: String(dice.whole(1, 1_000_000)) }, ...(dice.chance(0.3) && { instances: dice.whole(0, 6) }) };

/** Another version of an app whose running instances take up all that differs. */
export const changedInPlace = (dice: Dice, app: AppDefinition): AppDefinition => ({
  ...app,
  labels: { ...app.labels, team: String(dice.whole(1, 9)) },
  ...(dice.chance(0.5) && { taskKillGracePeriodSeconds: dice.whole(0, 4), backoffFactor: dice.whole(1, 3) }),
  ...(dice.chance(0.3) && { unreachableStrategy: dice.pick(UNREACHABLE) }),
  ...(dice.chance(0.3) && { upgradeStrategy: dice.pick(UPGRADES) }),
  ...(dice.chance(0.3) && { instances: dice.whole(0, 6) }),
  healthChecks: app.healthChecks.map((check) => ({
    ...check,
    gracePeriodSeconds: dice.whole(0, 20),
    intervalSeconds: dice.whole(2, 10),
    maxConsecutiveFailures: dice.whole(0, 3),
  })),
});

/** Whether its instances end by themselves, so that it never comes to rest. */
export const endsByItself = ({ cmd = '' }: AppDefinition): boolean => cmd.startsWith('sleep');

/** @throws Error when the definition is not one. */
export const parsed = (definition: Readonly<Record<string, unknown>>): AppDefinition => {
  const result = parseApp(definition);
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left));
  return result.right;
};
