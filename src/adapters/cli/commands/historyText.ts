import type { Json } from '../client.ts';
import { printable } from '../render.ts';

const VOID = ' (void: a later leader had taken over)';

export const lineOf = ({ at, sentence, by, void: isVoid }: Json): string =>
  printable(`${at}  ${sentence}${isVoid === true ? VOID : ''}  [${by}]`).concat('\n');

export const tableRow = ({ position, at, type, sentence, by, void: isVoid }: Json): readonly (string | number)[] => [
  position,
  at,
  type,
  `${sentence}${isVoid === true ? VOID : ''}`,
  by,
];

const COLUMNS = [
  'position',
  'at',
  'stream',
  'revision',
  'type',
  'state',
  'by',
  'correlationId',
  'causationId',
  'void',
  'sentence',
] as const;

/** RFC 4180: a value with a comma, a quote or a line end is quoted, quotes are doubled, lines end in CR LF. Nothing else is changed. */
const quoted = (value: unknown): string => {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const CSV_HEAD = `${COLUMNS.join()}\r\n`;
export const csvOf = (line: Json): string => `${COLUMNS.map((column) => quoted(line[column])).join()}\r\n`;
