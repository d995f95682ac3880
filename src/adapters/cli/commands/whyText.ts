import type { Consequence, Step, Why } from '../../../domain/ports/why.ts';
import { printable } from '../render.ts';

/** An answer for people: a paragraph, the way back, and what followed. */
export const whyText = ({ thing, question, state, paragraph, chain, asides, consequences, more }: Why): string => {
  const head = `${thing.kind} ${thing.kind === 'fact' ? `#${thing.id}` : thing.id}: ${question}${state === '' || thing.kind === 'fact' ? '' : ` (${state})`}`;
  const followed = tree(branchesOf({ consequences, more }));
  return [
    head,
    '',
    ...paragraph,
    '',
    'what led to it',
    ...way(chain.steps),
    ...asides.flatMap(({ title, chain: side }) => ['', title, ...way(side.steps)]),
    ...(followed.length > 0 ? ['', 'what followed', ...followed] : []),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
};

const line = ({ position, at, sentence, by, void: isVoid }: Step): string =>
  `#${position}  ${at}  ${sentence}${isVoid === true ? ' (void: a later leader had taken over)' : ''}  [${by}]`;

/** Newest first: each line is what led to the one above it. */
const way = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap((step, nth) => [
    ...(step.skipped === undefined ? [] : [`${'   '.repeat(nth)}… ${step.skipped} more of the same stream`]),
    `${nth === 0 ? '' : `${'   '.repeat(nth - 1)}└─ `}${line(step)}`,
  ]);

type Branch = { readonly text: string; readonly below: readonly Branch[] };

const branchesOf = ({ consequences, more }: Pick<Consequence, 'consequences' | 'more'>): readonly Branch[] => [
  ...consequences.map((each) => ({ text: `${line(each)}${each.link === 'replaces' ? ' (in its place)' : ''}`, below: branchesOf(each) })),
  ...Object.entries(more).map(([type, count]) => ({ text: `… and ${count} more ${type}`, below: [] })),
];

const tree = (branches: readonly Branch[], indent = ''): readonly string[] =>
  branches.flatMap(({ text, below }, nth) => {
    const isLast = nth === branches.length - 1;
    return [`${indent}${isLast ? '└─' : '├─'} ${text}`, ...tree(below, `${indent}${isLast ? '   ' : '│  '}`)];
  });
