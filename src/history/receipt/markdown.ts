import { isoInstant } from '../../domain/kernel/units.ts';
import type { AskedBy, DeploymentReceipt, PlanReceipt, Receipt } from '../../domain/ports/receipt.ts';

/** A receipt for people: Markdown that also reads as text. */
export const receiptMarkdown = (made: Receipt, sha256: string | undefined): string => {
  const { receipt } = made;
  const lines = 'plan' in receipt ? planLines(receipt) : deploymentLines(receipt, made);
  const proof =
    sha256 === undefined
      ? ['This deployment is under way: there is no receipt of it yet, only what it is so far.']
      : [`SHA-256 of this receipt (\`${receipt.form}\`): \`${sha256}\``];
  return [...lines, ...section('Proof', proof)].join('\n').concat('\n');
};

const deploymentLines = (receipt: DeploymentReceipt, { mermaid, sealed }: Receipt): readonly string[] => {
  const { deployment, app, asked, strategy, definition, limits, policy, outcome, firstPosition, lastPosition } = receipt;
  return [
    `# Deployment ${deployment}`,
    '',
    ...list({
      app,
      'asked by': askedText(asked),
      'part of': receipt.partOf,
      'took over from': receipt.supersedes,
      outcome: outcome === undefined ? 'under way' : `${outcome.outcome}${outcome.reason === undefined ? '' : `: ${outcome.reason}`}`,
      ended: outcome === undefined ? undefined : isoInstant(outcome.at),
      positions: `${firstPosition} to ${lastPosition ?? 'now'}`,
      from: slotsText(receipt.from),
      to: receipt.to === undefined ? 'nothing: the app goes' : `${receipt.to.instances} of version ${receipt.to.version}`,
    }),
    ...section('Definition', [
      ...table(
        ['field', 'before', 'after'],
        definition.fields.map(({ field, from, to }) => [field, valueText(from), valueText(to)]),
      ),
      ...sealed.map((path) => `- \`${path}\` changed; its values are sealed`),
    ]),
    ...section('Strategy', [
      ...list({
        name: strategy.id ?? strategy.name,
        'SHA-256 of its source': strategy.sha256,
        'read from': strategy.file,
        'minimum healthy': `${limits.minimumHealthCapacity * 100} %`,
        'maximum over': `${limits.maximumOverCapacity * 100} %`,
        ...Object.fromEntries(Object.entries(policy ?? {}).map(([name, value]) => [name, valueText(value)])),
      }),
      ...(mermaid === undefined ? [] : ['', '```mermaid', mermaid.trimEnd(), '```']),
    ]),
    ...section('Phases', phaseTable(receipt.phases)),
    ...section(
      'Started',
      table(
        ['instance', 'version', 'slot', 'attempt', 'node', 'at its end'],
        receipt.started.map(({ instance, version, slot, attempt, node, state }) => [
          instance,
          version,
          `${slot}`,
          `${attempt}`,
          node ?? '-',
          state,
        ]),
      ),
    ),
    ...section(
      'Asked to stop',
      table(
        ['instance', 'version', 'node', 'why', 'by', 'at'],
        receipt.stopped.map(({ instance, version, node, reason, by, at }) => [instance, version, node ?? '-', reason, by, isoInstant(at)]),
      ),
    ),
    ...section('Gates', [
      ...receipt.gates.map(
        ({ verdict, gate, reason, readings, at }) =>
          `- ${isoInstant(at)} ${verdict}${gate === undefined ? '' : `: ${gate}: ${reason}`}, ${readings.length} readings`,
      ),
      ...(receipt.gates.length === 0 ? [] : ['']),
      ...table(
        ['gate', 'after', 'value', 'samples', 'baseline', 'note'],
        receipt.gates.flatMap(({ readings }) =>
          readings.map(({ gate, atMs, value, samples, baseline, note }) => [
            gate,
            span(atMs),
            `${value ?? '-'}`,
            `${samples}`,
            `${baseline ?? '-'}`,
            note ?? '',
          ]),
        ),
      ),
    ]),
    ...section('Steps', receipt.steps.map(eventLine)),
    ...section('Said', receipt.said.map(eventLine)),
  ];
};

const planLines = ({
  plan,
  group,
  version,
  asked,
  phases,
  parts,
  outcome,
  firstPosition,
  lastPosition,
}: PlanReceipt): readonly string[] => [
  `# Plan ${plan}`,
  '',
  ...list({
    group,
    version,
    'asked by': askedText(asked),
    outcome: outcome?.outcome ?? 'under way',
    ended: outcome === undefined ? undefined : isoInstant(outcome.at),
    positions: `${firstPosition} to ${lastPosition ?? 'now'}`,
  }),
  ...section('Phases', phaseTable(phases)),
  ...section(
    'Parts',
    table(
      ['app', 'deployment', 'outcome'],
      parts.map((part) => [part.app, part.deployment, part.outcome ?? 'under way']),
    ),
  ),
];

/** Nothing is said of what is empty. */
const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];

const list = (entries: Readonly<Record<string, string | undefined>>): readonly string[] =>
  Object.entries(entries).flatMap(([name, value]) => (value === undefined ? [] : [`- ${name}: ${value}`]));

/** What came from outside may not end a cell or a line. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] => {
  if (rows.length === 0) return [];
  const cells = [head, ...rows].map((row) => row.map(cell));
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0), 3));
  const line = (row: readonly string[]): string => `| ${row.map((each, i) => each.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(cells[0] ?? []), line(widths.map((width) => '-'.repeat(width))), ...cells.slice(1).map(line)];
};

const phaseTable = (phases: DeploymentReceipt['phases']): readonly string[] =>
  table(
    ['phase', 'since', 'took', 'began with'],
    phases.map(({ state, since, ms, type }) => [state, isoInstant(since), span(ms), type]),
  );

const askedText = ({ by, at, request, command }: AskedBy): string =>
  `${by} at ${isoInstant(at)}${request === undefined ? '' : ` (${command}, request ${request})`}`;

const slotsText = (slots: Readonly<Record<string, number>>): string =>
  Object.entries(slots)
    .map(([version, count]) => `${count} of version ${version}`)
    .join(', ') || 'nothing';

const valueText = (value: unknown): string => (value === undefined ? '-' : `\`${JSON.stringify(value)}\``);

const span = (ms: number): string => `${Math.round(ms) / 1000} s`;

const eventLine = ({ at, type, by, data }: DeploymentReceipt['said'][number]): string =>
  `- ${isoInstant(at)} ${type} by ${by}${Object.entries(data)
    .map(([name, value]) => `; ${name}: ${valueText(value)}`)
    .join('')}`;
