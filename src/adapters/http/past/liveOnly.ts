import { LongList } from '../longList.ts';
import { FIELDS, type Fields, pathsOf } from '../marathon/fields.ts';

/** Which fields an answer has, by its route. What is told in several shapes has the fields of all of them. */
const SHAPES: readonly (readonly [RegExp, Fields])[] = [
  [/^\/v2\/apps(\/|$)/, { ...FIELDS.app, apps: FIELDS.app, app: FIELDS.app }],
  [/^\/v2\/groups(\/|$)/, FIELDS.group],
  [/^\/v2\/pods(\/|$)/, FIELDS.podStatus],
  [/^\/v2\/tasks(\/|$)/, { tasks: FIELDS.task }],
  [/^\/v2\/deployments(\/|$)/, FIELDS.deployment],
  [/^\/v2\/queue(\/|$)/, { queue: FIELDS.queueItem }],
  // What it asks of people is an effect that it owes.
  [/^\/v1\/deployments(\/|$)/, { waitsFor: 'live', deployments: { waitsFor: 'live' } }],
  [/^\/v1\/(nodes|roles|strategies|events|history|endpoints|gates)(\/|$)/, {}],
  [/^\/v1\/instances$/, {}],
  [/^\/mesos\/(state|state-summary|roles|weights|quota|frameworks|slaves|tasks|metrics\/snapshot)$/, {}],
  [/^\/mesos_dns\/v1\/(hosts|services|enumerate|axfr)/, {}],
];

const shapeOf = (url: string): Fields | undefined => SHAPES.find(([form]) => form.test(url))?.[1];

/** Whether a read can be asked as of a moment; all others tell of the present alone. */
export const isAsOfRoute = (url: string): boolean => shapeOf(url) !== undefined;

/** Paths of the fields that no fact holds: as of a moment they are absent, and the answer's header names them. */
export const liveOnlyFields = (url: string): readonly string[] => pathsOf(shapeOf(url) ?? {}, 'live');

/** Whether a field of an answer that no fact holds is left out, by its name. */
export type LeftOut = (field: string) => boolean;

/** Takes the live-only fields out of an answer. */
export const withoutLiveOnly = (url: string, answer: unknown, isLeftOut: LeftOut = () => true): unknown =>
  recordedOf(answer, shapeOf(url) ?? {}, isLeftOut);

const recordedOf = (value: unknown, fields: Fields, isLeftOut: LeftOut): unknown => {
  if (value instanceof LongList || Array.isArray(value)) return value.map((each) => recordedOf(each, fields, isLeftOut));
  if (typeof value !== 'object' || value === null || Object.keys(fields).length === 0) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    const entry = fields[name];
    if (entry === 'live' && isLeftOut(name)) continue;
    // Groups stand in groups.
    if (name === 'groups' && 'enforceRole' in fields) kept[name] = recordedOf(each, fields, isLeftOut);
    else kept[name] = entry === undefined || typeof entry === 'string' ? each : recordedOf(each, entry, isLeftOut);
  }
  return kept;
};
