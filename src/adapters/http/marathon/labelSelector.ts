import type { Labels } from '../../../domain/app/definition/definition.ts';
import { wrong } from '../problem.ts';

type Test = (labels: Labels) => boolean;

/** Any character may be escaped with a backslash; unescaped ones end a word at blanks, commas, brackets, `=` and `!`. */
const WORD = String.raw`(?:\\.|[^\s,()=!\\])+`;
const REQUIREMENT = new RegExp(
  String.raw`^\s*(?<key>${WORD})\s*(?:(?<op>==|!=|(?<=\s)in(?=[\s(])|(?<=\s)notin(?=[\s(]))\s*(?:\((?<set>(?:\\.|[^)\\])*)\)|(?<value>${WORD})))?\s*(?:,|$)`,
);

/**
 * Marathon's label selector: requirements joined by commas, all of which must hold: `k`, `k==v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`.
 * @throws Problem 422 for a text that is none.
 */
export const labelSelector = (text: string): Test => {
  const tests: Test[] = [];
  let rest = text;
  while (rest.trim() !== '') {
    const match = REQUIREMENT.exec(rest);
    const test = match === null ? undefined : requirement(match.groups ?? {});
    if (match === null || test === undefined) throw wrong('/label', `'${text}' is not a label selector`);
    tests.push(test);
    rest = rest.slice(match[0].length);
  }
  return (labels) => tests.every((test) => test(labels));
};

const UNESCAPED_COMMA = /(?<=(?:^|[^\\])(?:\\\\)*),/;

const requirement = (parts: Readonly<Record<string, string | undefined>>): Test | undefined => {
  const { op, set, value } = parts;
  const key = unescaped(parts.key ?? '');
  const values = (set?.split(UNESCAPED_COMMA) ?? [value ?? '']).map((word) => unescaped(word.trim()));
  const isSetOperator = op === 'in' || op === 'notin';
  if (op === undefined) return (labels) => Object.hasOwn(labels, key);
  if (isSetOperator !== (set !== undefined)) return undefined;
  const isWanted = op === '==' || op === 'in';
  // As in Marathon, who does not have the label is not told by what it is not.
  return (labels) => Object.hasOwn(labels, key) && values.includes(labels[key] ?? '') === isWanted;
};

const unescaped = (word: string): string => word.replace(/\\(.)/g, '$1');
