import { either as E } from 'fp-ts';
import { CAPABILITIES } from '../../../domain/app/definition/capabilities.ts';
import { type AppDefinition, renderApp } from '../../../domain/app/definition/definition.ts';
import { readApp } from '../../../domain/app/definition/parse.ts';
import { declaredPorts } from '../../../domain/app/definition/ports.ts';
import { isObject } from '../../../domain/app/definition/readers.ts';
import { assignServicePorts } from '../../../domain/app/definition/servicePorts.ts';
import { readPod } from '../../../domain/app/pod/parse.ts';
import { renderPod } from '../../../domain/app/pod/render.ts';
import type { Json } from '../client.ts';
import { type Difference, differencesOf } from './differences.ts';
import { isWithin, type Wanted, type WantedGroup } from './wanted.ts';

export type Kind = 'group' | 'app' | 'pod';

/** One thing that is wanted, against what is there. */
export type Item = {
  readonly kind: Kind;
  readonly id: string;
  readonly state: 'new' | 'changed' | 'equal';
  readonly body: Json;
  /** Of `changed`: from what is there to what is wanted. */
  readonly differences: readonly Difference[];
  /** Fields that mean nothing here and will not be used. */
  readonly ignored: readonly string[];
};

export type Comparison = {
  readonly items: readonly Item[];
  /** Apps and pods that are there and not wanted; they stay. */
  readonly onlyHere: readonly string[];
};

/** @param within where things that are only here are looked for. */
export const compared = (wanted: Wanted, there: Wanted, within: string | undefined): Comparison => {
  const [groups, apps, pods] = [byId(there.groups), byId(there.apps), byId(there.pods)];
  const wantedIds = new Set(idsIn(wanted));
  return {
    items: [
      ...wanted.groups.flatMap((group) => groupItem(group, groups.get(group.id), [...wantedIds])),
      ...wanted.apps.map((app) => appItem(app, apps.get(app.id))),
      ...wanted.pods.map((pod) => podItem(pod, pods.get(pod.id))),
    ],
    onlyHere: within === undefined ? [] : idsIn(there).filter((id) => isWithin(id, within) && !wantedIds.has(id)),
  };
};

const idsIn = ({ apps, pods }: Wanted): readonly string[] => [...apps, ...pods].map(({ id }) => id);

const byId = <A extends { readonly id: string }>(items: readonly A[]): ReadonlyMap<string, A> =>
  new Map(items.map((each) => [each.id, each]));

/** A group that says nothing and is not empty comes into being with what it holds. */
const groupItem = (group: WantedGroup, there: WantedGroup | undefined, ids: readonly string[]): readonly Item[] => {
  const saysNothing = [group, there].every((each) => (each?.dependencies ?? []).length === 0 && each?.enforceRole !== true);
  if (saysNothing && ids.some((id) => id.startsWith(`${group.id}/`))) return [];
  // Whether roles are enforced is told by some and not by others; silence is no difference.
  const comparable = (each: WantedGroup): Json => ({
    dependencies: [...each.dependencies].sort(),
    ...(group.enforceRole !== undefined && { enforceRole: each.enforceRole ?? false }),
  });
  return [itemOf('group', group, there, comparable)];
};

const appItem = (app: Json, there: Json | undefined): Item => {
  const read = definitionOf(app);
  const present = there === undefined ? undefined : definitionOf(there);
  const item =
    read === undefined || (there !== undefined && present === undefined)
      ? itemOf('app', app, there, (each) => pruned(each))
      : itemOf('app', app, there, (each) => renderApp(each === there ? (present as AppDefinition) : withPortsOf(read, present)));
  const ignored = readApp(app, leniently(app));
  return { ...item, ignored: E.isRight(ignored) ? ignored.right.ignored : [] };
};

const podItem = (pod: Json, there: Json | undefined): Item => {
  const wanted = readPod(pod, leniently(pod));
  const present = there === undefined ? undefined : readPod(there, leniently(there));
  if (E.isLeft(wanted) || (present !== undefined && E.isLeft(present))) return itemOf('pod', pod, there, (each) => pruned(each));
  const item = itemOf('pod', pod, there, (each) => renderPod((each === there ? present : wanted)?.right.definition ?? each));
  return { ...item, ignored: wanted.right.ignored };
};

const itemOf = <A extends { readonly id: string }>(kind: Kind, wanted: A, there: A | undefined, comparable: (each: A) => Json): Item => {
  const differences = there === undefined ? [] : differencesOf(comparable(there), comparable(wanted));
  const state = there === undefined ? 'new' : differences.length === 0 ? 'equal' : 'changed';
  return { kind, id: wanted.id, state, body: wanted, differences, ignored: [] };
};

/** What the engine would make of it if it had everything, so that a missing default is no difference; undefined for what is wrong anyway. */
const definitionOf = (app: Json): AppDefinition | undefined => {
  const read = readApp(app, leniently(app));
  return E.isRight(read) ? read.right.definition : undefined;
};

const leniently = (app: Json) => ({ capabilities: new Set(CAPABILITIES), roles: [typeof app.role === 'string' ? app.role : '*'] as const });

/** A service port of 0 is any: the one that is there is as good. */
const withPortsOf = (wanted: AppDefinition, there: AppDefinition | undefined): AppDefinition => {
  if (there === undefined || declaredPorts(wanted).length !== declaredPorts(there).length) return wanted;
  const assigned = assignServicePorts(wanted, there, new Set());
  return E.isRight(assigned) ? assigned.right : wanted;
};

/** Without what is empty, which some answer and others leave out. */
const pruned = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(pruned);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, pruned(each)] as const)
      .filter(([, each]) => each !== undefined && each !== null && !(typeof each === 'object' && Object.keys(each).length === 0)),
  );
};
