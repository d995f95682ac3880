import type { Json } from '../client.ts';
import { plural, printable } from '../render.ts';

const LONGEST = 80;

/** What changed, as one block per noun; nouns of which nothing changed are left out. */
export const diffText = (difference: Json): string => {
  const { from, to, apps = [], groups = [], nodes = [], instances = [], deployments = [], plans = [], strategies = [] } = difference;
  const blocks = [
    block('Apps', apps, appLines),
    block('Groups', groups, ({ group, became, fields, facts }) => [
      `${mark(became)} ${group} ${became}`,
      ...fields.map(fieldLine),
      ...facts.map(factLine),
    ]),
    block('Nodes', nodes, nodeLines),
    block('Instances', instances, instanceLines),
    block('Deployments', deployments, deploymentLines),
    block('Plans', plans, ({ plan, group, began, ended }) => [
      `${mark(ended === undefined ? 'created' : 'changed')} ${plan}${group === undefined ? '' : ` of ${group}`}${ended === undefined ? '' : `: ${ended.outcome}`}`,
      ...[began, ended].flatMap((each) => (each === undefined ? [] : [factLine(each)])),
    ]),
    block('Strategies', strategies, ({ strategy, sha256, mark: fact }) => [`+ ${strategy} (${sha256.slice(0, 12)})`, factLine(fact)]),
  ];
  const told = blocks.filter((text) => text !== '').join('\n');
  const head = `from ${moment(from)}\nto   ${moment(to)}\n\n`;
  return `${head}${told === '' ? 'nothing changed\n' : told}`;
};

const moment = ({ position, at }: Json): string => `position ${position}${at === undefined ? '' : `, ${at}`}`;

const block = (title: string, all: readonly Json[], linesOf: (one: Json) => readonly string[]): string =>
  all.length === 0
    ? ''
    : `${title}\n${all
        .flatMap(linesOf)
        .map((line) => `  ${printable(line)}\n`)
        .join('')}`;

const mark = (became: string): string => ({ created: '+', removed: '-' })[became] ?? '~';

const appLines = ({ app, became, fields, sealed, instances, facts }: Json): readonly string[] => [
  `${mark(became)} ${app} ${became}${instances.from === instances.to ? '' : `, ${instances.from} → ${instances.to} instances`}`,
  ...fields.map(fieldLine),
  ...sealed.map((path: string) => `    ${path}: another value, which is sealed`),
  ...facts.map((fact: Json) => factLine(fact, fact.reason)),
];

const nodeLines = ({ node, became, from, to, fields, facts }: Json): readonly string[] => [
  `${mark(became)} ${node} ${became}${from === to ? '' : `: ${from ?? 'not there'} → ${to ?? 'not there'}`}`,
  ...fields.filter(({ field }: Json) => field !== 'state').map(fieldLine),
  ...facts.map((fact: Json) => factLine(fact, fact.reason)),
];

const instanceLines = ({ app, live, requested, started, ended, byCause, first, last }: Json): readonly string[] => [
  `~ ${app} ${live.from} → ${live.to} live: ${requested} requested, ${started} started, ${ended} ended`,
  ...Object.entries(byCause as Readonly<Record<string, number>>).map(([cause, count]) => `    ${plural(count, 'end')}: ${cause}`),
  `    positions ${first.position} to ${last.position}`,
];

const deploymentLines = ({ deployment, app, strategy, began, ended }: Json): readonly string[] => [
  `${began === undefined ? '~' : '+'} ${deployment} of ${app}${strategy === undefined ? '' : ` by ${strategy}`}: ${
    ended === undefined ? 'under way' : `${ended.outcome}${ended.reason === undefined ? '' : ` (${ended.reason})`}`
  }`,
  ...[began, ended].flatMap((fact) => (fact === undefined ? [] : [factLine(fact)])),
];

const fieldLine = ({ field, from, to }: Json): string => `    ${field}: ${shortly(from)} → ${shortly(to)}`;

const factLine = ({ position, at, type, by, request }: Json, reason?: string): string =>
  `    ${position}  ${at}  ${type}${reason === undefined ? '' : ` (${reason})`}  [${by}]${request === undefined ? '' : `  request ${request}`}`;

const shortly = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
};
