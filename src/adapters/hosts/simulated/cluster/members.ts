import { seededRandom, seedFor } from '../random.ts';
import type { SimulatedOffer } from '../simulatedHosts.ts';
import type { ClusterProfile } from './description.ts';

/** One host of a simulated cluster, as it is registered. */
export type ClusterHost = {
  readonly id: string;
  readonly class: string;
  readonly rack: number;
  readonly zone: string;
  readonly region: string;
  readonly offer: SimulatedOffer;
  readonly attributes: Readonly<Record<string, string>>;
  readonly roles: readonly string[];
};

/**
 * The hosts of a description: the same for the same seed, and one more host changes no other's class or draws. Racks are runs of
 * neighbours, as are zones of racks and regions of zones, so that no class coincides with a rack.
 */
export const membersOf = ({ hosts }: Pick<ClusterProfile, 'hosts'>, seed: number, count: number = hosts.count): readonly ClusterHost[] => {
  const classOf = inTurn(hosts.classes);
  return Array.from({ length: count }, (_, nth) => {
    const { name, cpus, mem, disk, gpus, attributes, roles } = classOf();
    const id = `h${String(nth + 1).padStart(5, '0')}`;
    const part = (parts: number): number => Math.floor((nth * parts) / count) + 1;
    const random = seededRandom(seedFor(seed, `attributes of ${id}`));
    const drawn = Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : (value[Math.floor(random() * value.length)] ?? ''),
    ]);
    return {
      id,
      class: name,
      rack: part(hosts.racks),
      zone: `zone-${part(hosts.zones)}`,
      region: `region-${part(hosts.regions)}`,
      offer: { cpus, mem, disk, gpus, hostname: `${id}.simulated`, address: addressOf(nth + 1) },
      attributes: { class: name, rack: `rack-${part(hosts.racks)}`, ...Object.fromEntries(drawn) },
      roles,
    };
  });
};

const addressOf = (nth: number): string => `10.${(nth >> 16) & 255}.${(nth >> 8) & 255}.${nth & 255}`;

/** Weighted round robin, smooth as nginx's: at every length each has its share, give or take one. */
export const inTurn = <A extends { readonly share: number }>(all: readonly A[]): (() => A) => {
  const credits = all.map(() => 0);
  const total = all.reduce((sum, { share }) => sum + share, 0);
  return () => {
    let chosen = 0;
    for (const [nth, { share }] of all.entries()) {
      credits[nth] = (credits[nth] ?? 0) + share;
      if ((credits[nth] ?? 0) > (credits[chosen] ?? 0)) chosen = nth;
    }
    credits[chosen] = (credits[chosen] ?? 0) - total;
    return all[chosen] as A;
  };
};
