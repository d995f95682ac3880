import type { Json } from '../client.ts';
import { age, plural, printable } from '../render.ts';
import type { Session } from '../session.ts';

/** A line of a drawn tree: what stands before a name, and the group, app or pod itself. */
type Line = { readonly lead: string; readonly kind: 'group' | 'app' | 'pod'; readonly node: Json };

/** All below a group, drawn: groups behind what stands directly in them. */
const linesBelow = (group: Json, lead: string): readonly Line[] => {
  const inner: readonly (readonly [Line['kind'], Json])[] = [
    ...membersOf(group),
    ...((group.groups ?? []) as readonly Json[]).map((each) => ['group', each] as const),
  ];
  return inner.flatMap(([kind, node], i) => {
    const isLast = i === inner.length - 1;
    const own: Line = { lead: `${lead}${isLast ? '└─ ' : '├─ '}`, kind, node };
    return kind === 'group' ? [own, ...linesBelow(node, `${lead}${isLast ? '   ' : '│  '}`)] : [own];
  });
};

const membersOf = ({ apps = [], pods = [] }: Json): readonly (readonly ['app' | 'pod', Json])[] => [
  ...(apps as readonly Json[]).map((each) => ['app', each] as const),
  ...(pods as readonly Json[]).map((each) => ['pod', each] as const),
];

/** Every app and pod below a group, at any depth. */
export const allMembers = (group: Json): readonly (readonly ['app' | 'pod', Json])[] => [
  ...membersOf(group),
  ...((group.groups ?? []) as readonly Json[]).flatMap(allMembers),
];

/** A group as a tree with what runs. @param podsOf by id, the status of each pod */
export const treeText = (session: Session, group: Json, podsOf: ReadonlyMap<string, Json>): string => {
  const now = session.io.now();
  const lines: readonly Line[] = [{ lead: '', kind: 'group', node: group }, ...linesBelow(group, '')];
  return session.table(
    ['GROUP', 'RUNNING', 'HEALTH', 'DEPENDS ON', 'CHANGED', ''],
    lines.map(({ lead, kind, node }, i) => {
      const name = i === 0 ? node.id : node.id.slice(node.id.lastIndexOf('/') + 1);
      const needs = ((node.dependencies ?? []) as readonly string[]).join(', ') || '-';
      if (kind === 'group') return [`${lead}${name}`, '', '', needs, '', ''];
      if (kind === 'pod') return [`${lead}${name} (pod)`, podRunning(podsOf.get(node.id)), '-', needs, age(node.version, now), ''];
      const isChecked = (node.healthChecks ?? []).length > 0;
      return [
        `${lead}${name}`,
        `${node.tasksRunning}/${node.instances}`,
        isChecked ? `${node.tasksHealthy} ok, ${node.tasksUnhealthy} bad` : '-',
        needs,
        age(node.version, now),
        (node.deployments ?? []).length > 0 ? 'deploying' : '',
      ];
    }),
  );
};

const podRunning = (status: Json | undefined): string => {
  if (status === undefined) return '-';
  const stable = (status.instances as readonly Json[]).filter((each) => each.status === 'STABLE').length;
  return `${stable}/${status.spec?.scaling?.instances ?? stable}`;
};

/** What a change of a group would do, for people: nothing is an empty text. */
export const changeText = ({ diff, groups }: Json, group: string): string => {
  const members = (diff as readonly Json[]).flatMap(({ id, kind, change, fields }) => {
    const name = kind === 'pod' ? `pod ${id}` : id;
    return [`${WORDS[change] ?? change}${name}`, ...(fields as readonly Json[]).map(fieldText)];
  });
  const gone = ((groups?.removed ?? []) as readonly string[]).map((id) => `${WORDS.remove}group ${id}`);
  const set = ((groups?.set ?? []) as readonly string[]).map((id) => `${WORDS.group}group ${id}`);
  const lines = [...set, ...members, ...gone].map(printable);
  return lines.length === 0 ? `${group}: nothing differs from what is there\n` : `${lines.join('\n')}\n`;
};

const WORDS: Readonly<Record<string, string>> = {
  create: 'create    ',
  update: 'change    ',
  remove: 'remove    ',
  group: 'set       ',
};

const fieldText = ({ field, from, to }: Json): string => `            ${field}: ${valueText(from)} → ${valueText(to)}`;

const valueText = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'string' ? `'${value}'` : JSON.stringify(value);

/** `2 apps, 1 pod`: what would go. */
export const removedIn = ({ diff }: Json): string | undefined => {
  const gone = (diff as readonly Json[]).filter(({ change }) => change === 'remove');
  if (gone.length === 0) return undefined;
  return (['app', 'pod'] as const)
    .map((kind) => [kind, gone.filter((each) => each.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => plural(count, kind))
    .join(', ');
};
