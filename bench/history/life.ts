import { seededRandom } from '../../src/adapters/hosts/simulated/random.ts';
import { LOST_AFTER_MS, NODES, startCluster } from './cluster.ts';

/** How many apps there are of each size, by instances: 110,000 in all. */
const SIZES = [
  { apps: 1_500, instances: 20 },
  { apps: 400, instances: 100 },
  { apps: 100, instances: 400 },
];
const GROUPS = 40;
/** Apps of a group that one change of it changes. */
const CHANGED_OF_GROUP = 3;
/** Deployments that are under way at once. */
const AT_ONCE = 60;
/** Deeds that are begun at once. */
const DEEDS_AT_ONCE = 8;
/** Facts between two reports. */
const TELL_EACH = 50_000;

export type Told = { readonly facts: number; readonly live: number };

/**
 * Makes a log by letting the real engine rule simulated hosts: apps come, are changed, scaled and restarted, groups are changed as a whole,
 * instances crash, hosts are lost and come back, until the log has so many facts.
 */
export const liveUntil = async (path: string, facts: number, tell: (told: Told) => void): Promise<void> => {
  const random = seededRandom(7);
  const cluster = await startCluster(path);
  const { log, views, clock } = cluster;
  const pick = <A>(all: readonly A[]): A => all[Math.floor(random() * all.length)] as A;

  const apps = SIZES.flatMap(({ apps: count, instances }) => Array.from({ length: count }, () => instances)).map((usual, nth) => ({
    group: `/team${nth % GROUPS}`,
    name: `app${nth}`,
    usual,
    instances: usual,
    revision: 0,
  }));
  type App = (typeof apps)[number];
  const idOf = ({ group, name }: App): string => `${group}/${name}`;
  const definitionOf = ({ instances, revision }: App) => ({
    cmd: 'serve',
    cpus: 0.1,
    mem: 64,
    instances,
    env: { REVISION: String(revision) },
    labels: { team: `team${revision % 7}` },
    upgradeStrategy: { minimumHealthCapacity: 0.8, maximumOverCapacity: 0.2 },
  });
  const put = (app: App) => cluster.ask('PUT', `/v2/apps${idOf(app)}`, definitionOf(app));
  const change = (app: App) => {
    app.revision++;
    return put(app);
  };
  const scale = (app: App) => {
    app.instances = Math.max(5, Math.round(app.usual * (0.8 + random() * 0.4)));
    return put(app);
  };
  const restart = (app: App) => cluster.ask('POST', `/v2/apps${idOf(app)}/restart`);
  const changeGroup = ({ group }: App) => {
    const members = apps.filter((app) => app.group === group);
    for (let nth = 0; nth < CHANGED_OF_GROUP; nth++) pick(members).revision++;
    return cluster.ask('PUT', `/v2/groups${group}`, { apps: members.map((app) => ({ id: app.name, ...definitionOf(app) })) });
  };
  const crash = (app: App) => {
    const row = pick(views.instances.ofApp(idOf(app)));
    if (row?.node !== undefined) cluster.hostNamed(row.node).crash(row.id);
  };
  const losesSight = () => {
    const host = cluster.host(Math.floor(random() * NODES));
    host.partition();
    clock.schedule(LOST_AFTER_MS * 2, () => host.heal());
  };
  const losesPower = () => cluster.host(Math.floor(random() * NODES)).reboot(LOST_AFTER_MS / 2);

  /** What happens, and how often of a thousand deeds. */
  const deeds: readonly (readonly [number, (app: App) => unknown])[] = [
    [760, change],
    [90, scale],
    [40, restart],
    [5, changeGroup],
    [100, crash],
    [3, losesSight],
    [2, losesPower],
  ];
  const drawn = (): ((app: App) => unknown) => {
    let left = random() * 1_000;
    for (const [often, deed] of deeds) {
      if (left < often) return deed;
      left -= often;
    }
    return change;
  };

  const waiting = [...apps];
  const next = async (): Promise<void> => {
    const fresh = waiting.shift();
    if (fresh !== undefined) await cluster.ask('POST', '/v2/apps', { id: idOf(fresh), ...definitionOf(fresh) });
    else await drawn()(pick(apps));
  };
  let under = 0;
  let wake = (): void => {};
  const subscription = await log.subscribe(log.head(), (batch) => {
    for (const { type } of batch) {
      if (type.startsWith('DeploymentBegan')) under++;
      if (type.startsWith('DeploymentEnded')) under--;
    }
    wake();
  });
  let told = 0;
  while (log.head() < facts) {
    const room = AT_ONCE - under;
    if (room > 0) await Promise.all(Array.from({ length: Math.min(room, DEEDS_AT_ONCE) }, next));
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    if (log.head() - told < TELL_EACH) continue;
    told = log.head();
    tell({ facts: told, live: [...views.instances.all()].filter(({ state }) => state.startsWith('running')).length });
  }
  await subscription.close();
  await cluster.close();
};
