import type { SimulationProfile } from '../adapters/hosts/simulated/profile.ts';
import { type Random, seededRandom } from '../adapters/hosts/simulated/random.ts';
import type { Millis } from '../domain/kernel/units.ts';
import type { Cluster } from './cluster.ts';

/** How hosts behave on any day: nothing is instant. */
export const USUAL: Partial<SimulationProfile> = {
  startMs: [300, 3_000],
  stopMs: [100, 1_500],
  pullMs: [1_000, 6_000],
  callMs: [1, 20],
};

/** On a bad day. */
export const FAULTY: Partial<SimulationProfile> = { ...USUAL, startFailRate: 0.05, lostAcknowledgementRate: 0.05, lostHintRate: 0.1 };

/** A fault that happened, in words. */
export type Fault = { readonly text: string };

export type Faults = {
  /** When the next one comes, from now; undefined when no more come. */
  next(): Millis | undefined;
  /** Lets one happen. */
  strike(cluster: Cluster, app: string): Promise<Fault | undefined>;
};

/** Faults come this often on average, and this many in all: a deployment must be able to end. */
const EVERY_MS = 20_000;
const AT_MOST = 12;

/** @param seed the same seed is the same day */
export const faultsOf = (seed: number | undefined): Faults => {
  if (seed === undefined) return { next: () => undefined, strike: async () => undefined };
  const random = seededRandom(seed);
  let left = 2 + Math.floor(random() * (AT_MOST - 1));
  return {
    next: () => (left-- > 0 ? Math.round(-Math.log(1 - random()) * EVERY_MS) + 500 : undefined),
    strike: (cluster, app) => pick(KINDS, random)(cluster, app, random),
  };
};

type Kind = (cluster: Cluster, app: string, random: Random) => Promise<Fault | undefined>;

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)] as T;

/** A host with an instance of the app on it, where there is one. */
const busyHost = ({ engine, nodes }: Cluster, app: string, random: Random): string => {
  const busy = engine()
    .views.instances.ofApp(app)
    .flatMap(({ node }) => node ?? []);
  return pick(busy.length === 0 ? nodes : busy, random);
};

const crash: Kind = async (cluster, app, random) => {
  const running = cluster
    .engine()
    .views.instances.ofApp(app)
    .filter(({ node }) => node !== undefined);
  if (running.length === 0) return undefined;
  const { id, node = '', version } = pick(running, random);
  if (!cluster.controls(node).crash(id)) return undefined;
  const newest = cluster.engine().views.apps.get(app)?.target.configVersion;
  return { text: `an instance of the ${version === newest ? 'new' : 'old'} version on ${node} crashes` };
};

const reboot: Kind = async (cluster, app, random) => {
  const node = busyHost(cluster, app, random);
  const seconds = 5 + Math.floor(random() * 40);
  cluster.controls(node).reboot(seconds * 1000);
  return { text: `${node} reboots, for ${seconds} s` };
};

const partition: Kind = async (cluster, app, random) => {
  const node = busyHost(cluster, app, random);
  const seconds = 5 + Math.floor(random() * 60);
  cluster.controls(node).partition();
  cluster.clock.schedule(seconds * 1000, cluster.controls(node).heal);
  return { text: `${node} can't be reached, for ${seconds} s` };
};

const slow: Kind = async (cluster, app, random) => {
  const node = busyHost(cluster, app, random);
  cluster.controls(node).slow(2_000);
  cluster.clock.schedule(60_000, () => cluster.controls(node).slow(0));
  return { text: `${node} is slow, for 60 s` };
};

const restart: Kind = async (cluster) => {
  await cluster.restart();
  return { text: 'the engine is killed and started again' };
};

const KINDS: readonly Kind[] = [crash, crash, crash, reboot, partition, slow, restart];
