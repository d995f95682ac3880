import type { DiscoveryView, NameKey, ReadyApp } from '../ports/views.ts';
import { DCOS_DOMAIN, dcosRecords, L4LB_DOMAIN, vipRecords } from './dcosNames.ts';
import { type Domains, keyOfOwnNames, keysOfName, renamed, zoneOfName } from './keys.ts';
import { address, type DnsRecord, infrastructure, type NamedTask, type Sha1, taskRecords } from './mesosDns.ts';
import { createRecordSets, type RecordSets } from './recordSets.ts';
import { shortRecords } from './shortNames.ts';

/** Apps whose records are held ready at the same time; those that nobody asked for longest are made again when somebody does. */
const APPS_HELD_MAX = 20_000;

export type NamesOptions = Domains & {
  readonly view: DiscoveryView;
  readonly sha1: Sha1;
  /** Where this engine's API is reached: the leader's and the framework's names. */
  readonly leader: () => { readonly address: string; readonly port: number };
  /** Addresses of the pool's nodes, with the port that Mesos' agents have. */
  readonly nodes: () => readonly { readonly address: string; readonly port: number }[];
  /** Where a virtual address is balanced, by its name, such as `shopweb`. */
  readonly vipAddress: (name: string) => readonly string[];
};

/** What there is of a name in a zone of ours. */
export type Found = {
  /** Apex of the zone, as it was asked for. */
  readonly zone: string;
  readonly records: readonly DnsRecord[];
  /** The name exists, with records or with names below it. */
  readonly exists: boolean;
  /** True while the answer still holds: nothing that it was made of has changed. */
  readonly holds: () => boolean;
};

export type Names = {
  /** undefined for a name that is in no zone of ours. @param name lower case, without the last dot */
  find(name: string): Found | undefined;
};

type HeldApp = { readonly entry: ReadyApp; revision: number; readonly sets: RecordSets };

/** The answers to names, computed from the ready instances. An app's records are made when it is first asked for, then kept in step. */
export const createNames = (options: NamesOptions): Names => {
  const { view, mesos, own, framework, sha1 } = options;
  const held = new Map<string, HeldApp>();
  let fixed: { readonly nodesRevision: number; readonly leader: string; readonly sets: RecordSets } | undefined;

  const recordsOf = function* (task: NamedTask): Generator<DnsRecord> {
    yield* taskRecords(task, { domain: mesos, framework: { name: framework } }, sha1);
    yield* dcosRecords(task, framework);
    yield* vipRecords(task, framework, options.vipAddress);
    yield* shortRecords(task, own, sha1);
  };

  const instanceRecords = function* (instance: string): Generator<DnsRecord> {
    for (const task of view.tasksOf(instance)) yield* recordsOf(task);
  };

  const setsOf = (entry: ReadyApp): RecordSets => {
    let one = held.get(entry.app);
    held.delete(entry.app);
    if (one?.entry !== entry) {
      one = { entry, revision: -1, sets: createRecordSets() };
      if (held.size >= APPS_HELD_MAX) held.delete(held.keys().next().value ?? '');
    }
    held.set(entry.app, one);
    catchUp(one);
    return one.sets;
  };

  const catchUp = (one: HeldApp): void => {
    const { entry, sets, revision } = one;
    if (revision === entry.revision) return;
    const changed = revision < 0 ? undefined : view.changedSince(entry, revision);
    for (const id of new Set(changed ?? [...sets.bringers(), ...entry.ready])) sets.put(id, instanceRecords(id));
    one.revision = entry.revision;
  };

  /** Names that no instance brings: the leader's, the nodes', and the steps on the way to all others. */
  const fixedSets = (): RecordSets => {
    const leader = options.leader();
    const nodesRevision = view.nodesRevision();
    const text = `${leader.address} ${leader.port}`;
    if (fixed?.nodesRevision === nodesRevision && fixed.leader === text) return fixed.sets;
    const sets = createRecordSets();
    sets.put('mesos', infrastructure({ domain: mesos, framework: { name: framework, ...leader }, leader, nodes: options.nodes() }));
    sets.put('dcos', [
      ...['leader', 'master'].flatMap((name) => [...address(`${name}.${DCOS_DOMAIN}.`, leader.address)]),
      { name: `${own}.`, type: 'TXT', host: 'wharfinger' },
    ]);
    fixed = { nodesRevision, leader: text, sets };
    return sets;
  };

  const steps = new Set([
    mesos,
    own,
    'thisdcos.directory',
    DCOS_DOMAIN,
    L4LB_DOMAIN,
    ...['agentip', 'containerip', 'autoip'].flatMap((kind) => [`${kind}.${DCOS_DOMAIN}`, `${framework}.${kind}.${DCOS_DOMAIN}`]),
    `${framework}.${L4LB_DOMAIN}`,
    `${framework}.slave.${mesos}`,
  ]);

  return {
    find: (asked) => {
      const zone = zoneOfName(asked, options);
      if (zone === undefined) return undefined;
      const name = renamed(asked, mesos);
      const always = fixedSets();
      const records = [...always.of(name)];
      let exists = steps.has(name) || always.exists(name);
      const seen: { readonly key: string; readonly there?: NameKey; readonly revision?: number }[] = [];
      const apps = new Set<ReadyApp>();
      for (const key of keysOfName(name, options)) {
        const there = view.key(key);
        seen.push(there === undefined ? { key } : { key, there, revision: there.revision });
        for (const entry of there?.apps ?? []) apps.add(entry);
      }
      for (const entry of apps) {
        const sets = setsOf(entry);
        records.push(...sets.of(name));
        exists ||= sets.exists(name);
      }
      exists ||= view.isAbove(keyOfOwnNames(name, options) ?? '');
      return {
        zone,
        records: apps.size > 1 ? eachOnce(records) : records,
        exists: exists || records.length > 0,
        holds: () =>
          fixedSets() === always && seen.every(({ key, there, revision }) => view.key(key) === there && there?.revision === revision),
      };
    },
  };
};

const eachOnce = (records: readonly DnsRecord[]): readonly DnsRecord[] => [
  ...new Map(records.map((record) => [`${record.type} ${record.host}`, record])).values(),
];
