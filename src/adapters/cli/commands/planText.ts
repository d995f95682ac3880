import type { Json } from '../client.ts';
import { CliFailure } from '../failure.ts';
import { printable } from '../render.ts';
import type { Session } from '../session.ts';

/** Shows a plan. @throws CliFailure when something would fail */
export const showPlan = (session: Session, plan: Json): void => {
  session.answer(plan, () => planText(session, plan));
  if (!plan.goes) throw new CliFailure('this would not succeed');
};

export const planText = (session: Session, { changes, warnings }: Json): string =>
  [
    ...(changes as readonly Json[]).map((change) => changeText(session, change)),
    ...(warnings as readonly string[]).map((text) => `warning: ${printable(text)}\n`),
  ].join('');

const changeText = (session: Session, change: Json): string => {
  const { app, does, diff, deployment, steps, held, free, problems, remarks, replaces } = change;
  const lines = [
    `${app}: ${does}${deployment === undefined ? '' : `, by ${deployment.strategy}`}${replaces ? ', replacing instances' : ''}\n`,
  ];
  if (diff.length > 0)
    lines.push(
      session.table(
        ['FIELD', 'NOW', 'THEN', 'DOES'],
        (diff as readonly Json[]).map(({ field, from, to, replaces: anew }) => [
          field,
          shortly(from),
          shortly(to),
          anew ? 'replaces' : 'in place',
        ]),
      ),
    );
  if (deployment !== undefined) {
    const { minimumHealthCapacity: least, maximumOverCapacity: over, parameters } = deployment;
    const given = Object.entries(parameters).map(([name, value]) => `${name} ${shortly(value)}`);
    lines.push(`limits: at least ${least * 100} % healthy, at most ${over * 100} % more${given.map((each) => `; ${each}`).join('')}\n`);
    lines.push(session.table(['AFTER', 'STATE', 'WHAT', 'LIVE', 'SHARE', 'CPUS', 'MEM', 'NODES'], (steps as readonly Json[]).map(stepRow)));
    lines.push(
      session.table(
        ['', ...NAMES.map((name) => name.toUpperCase())],
        [
          ['held now', ...NAMES.map((name) => held.before[name])],
          ['at most', ...NAMES.map((name) => held.most[name])],
          ['free now', ...NAMES.map((name) => free[name])],
        ],
      ),
    );
  }
  for (const text of remarks) lines.push(`note: ${printable(text)}\n`);
  for (const text of problems) lines.push(`problem: ${printable(text)}\n`);
  return lines.join('');
};

const NAMES = ['cpus', 'mem', 'disk', 'gpus', 'ports'] as const;
const LONGEST = 40;

const shortly = (value: unknown): string => {
  const text = value === undefined ? '-' : printable(JSON.stringify(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
};

const stepRow = ({
  elapsedMs,
  state,
  says,
  waitMs,
  instances,
  weights,
  held,
  starts = [],
  stops = [],
}: Json): readonly (string | number)[] => [
  `${elapsedMs / 1000} s`,
  state,
  printable(waitMs === undefined ? says : `${says} ${waitMs / 1000} s`),
  Object.entries(instances as Readonly<Record<string, Json>>)
    .map(([version, { ready, live }]) => `${version}: ${ready}/${live}`)
    .join(' ') || '-',
  Object.entries(weights as Readonly<Record<string, number>>)
    .map(([version, weight]) => `${version}: ${Math.round(weight)}`)
    .join(' ') || '-',
  held.cpus,
  held.mem,
  [
    ...(starts as readonly Json[]).map(({ node }) => `+${node ?? 'nowhere'}`),
    ...(stops as readonly Json[]).map(({ node }) => `-${node ?? 'nowhere'}`),
  ].join(' ') || '-',
];
