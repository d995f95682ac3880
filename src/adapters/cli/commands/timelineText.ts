import type { Json } from '../client.ts';
import { plural, printable, short } from '../render.ts';
import type { Session } from '../session.ts';

const BAR = 24;

/** Blocks by app, or the stays of one thing. */
export const timelineText = ({ apps, subject, visits }: Json, { table }: Pick<Session, 'table'>): string => {
  if (apps === undefined)
    return visits.length === 0
      ? `${subject} stood nowhere in this time\n`
      : table(
          ['STATE', 'SINCE', 'FOR', 'BEGAN WITH'],
          visits.map(({ state, since, type, ...visit }: Json) => [state, since, lasting(visit), type]),
        );
  return apps.length === 0 ? 'there was no app\n' : apps.map((app: Json) => appText(app, table)).join('\n');
};

const appText = ({ app, states, instances, deployments, newPaths }: Json, table: Session['table']): string =>
  [
    `${printable(app)}\n`,
    states.length === 0
      ? 'no stay of an instance\n'
      : table(
          ['STATE', 'ENDED', 'P50', 'P95', 'MAX', 'LASTING', 'LONGEST'],
          states.map(({ state, count, p50, p95, max, lasting: still, longestLasting }: Json) => [
            state,
            count,
            span(p50),
            span(p95),
            span(max),
            still,
            span(longestLasting),
          ]),
        ),
    ...(instances.length === 0 ? [] : [`\n${plural(instances.length, 'newest instance')}\n`, ...instances.map(instanceLine)]),
    ...(deployments.length === 0
      ? []
      : [
          '\n',
          table(
            ['DEPLOYMENT', 'STRATEGY', 'STATE', 'TOOK', 'SLOWEST PHASE', ''],
            deployments.map(({ deployment, strategy, state, ms, slowest }: Json) => [
              short(deployment),
              strategy,
              state,
              span(ms),
              slowest === undefined ? '-' : `${slowest.state} ${span(slowest.ms)}`,
              slowest === undefined ? '' : barOf(slowest.ms, ms),
            ]),
          ),
        ]),
    '\n',
    pathsText(newPaths, table),
  ].join('');

const instanceLine = ({ instance, visits }: Json): string =>
  printable(`${short(instance)}  ${visits.map(({ state, ...visit }: Json) => `${state} ${lasting(visit)}`).join(' → ') || '-'}`).concat(
    '\n',
  );

const pathsText = (paths: readonly Json[] | undefined, table: Session['table']): string => {
  if (paths === undefined) return 'nothing stands before this time that steps could be compared with\n';
  if (paths.length === 0) return 'no step that was not taken before\n';
  return `never before:\n${table(
    ['NOUN', 'FROM', 'TO', 'BY', 'TIMES', 'FIRST AT', 'POSITION'],
    paths.map(({ noun, chart, from, to, type, count, first }) => [chart ?? noun, from || '-', to, type, count, first.at, first.position]),
  )}`;
};

const lasting = ({ ms, lasts }: Json): string => `${span(ms)}${lasts ? ' so far' : ''}`;

/** How much of the whole its slowest phase was. */
const barOf = (part: number, whole: number): string => {
  const filled = whole === 0 ? 0 : Math.max(1, Math.round((BAR * part) / whole));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${whole === 0 ? 0 : Math.round((100 * part) / whole)} %`;
};

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** The two largest units that say something. */
const span = (ms: number | undefined): string => {
  if (ms === undefined) return '-';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  const largest = UNITS.findIndex(([, length]) => ms >= length);
  const [unit, length] = UNITS[largest] ?? UNITS[2];
  const [nextUnit, nextLength] = UNITS[largest + 1] ?? (['s', 1_000] as const);
  const rest = Math.floor((ms % length) / nextLength);
  return `${Math.floor(ms / length)}${unit}${rest === 0 ? '' : ` ${rest}${nextUnit}`}`;
};
