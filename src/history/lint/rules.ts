import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import { constraintError } from '../../domain/app/definition/constraintRules.ts';
import type { ApartRule, ConstraintRule, LintRules, QuotaRule } from '../../domain/ports/lint.ts';

/** One place of a file of rules, and what is wrong there. */
export type RuleProblem = { readonly path: string; readonly text: string };

type Anything = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Anything => typeof value === 'object' && value !== null && !Array.isArray(value);
const KINDS: readonly string[] = ['quotas', 'constraints', 'apart'];
const AMOUNTS = ['cpus', 'mem', 'instances'] as const;

/** Rules as they are written: `quotas: [{group, cpus, mem, instances}]`, `constraints: [{group, constraint}]` and `apart: [{group, from, field}]`. */
export const parseRules = (value: unknown): Either<readonly RuleProblem[], LintRules> => {
  const problems: RuleProblem[] = [];
  const wrong = (path: string, text: string): void => void problems.push({ path, text });
  if (!isObject(value)) return E.left([{ path: '/', text: 'must be an object with quotas, constraints, apart or more of them' }]);
  for (const field of Object.keys(value))
    if (field === 'access') wrong('/access', 'there are no access rules yet');
    else if (!KINDS.includes(field)) wrong(`/${field}`, `unknown; there are ${KINDS.join(', ')}`);
  const list = (field: string): readonly (readonly [string, Anything])[] => {
    const given = value[field];
    if (given === undefined) return [];
    if (!Array.isArray(given)) {
      wrong(`/${field}`, 'must be a list');
      return [];
    }
    return given.flatMap((each: unknown, nth) => {
      if (isObject(each)) return [[`/${field}/${nth}`, each] as const];
      wrong(`/${field}/${nth}`, 'must be an object');
      return [];
    });
  };
  const groupIn = (path: string, { group = '/' }: Anything): string => {
    if (typeof group === 'string' && /^\/([a-z0-9-.]+(\/[a-z0-9-.]+)*)?$/.test(group)) return group;
    wrong(`${path}/group`, 'must be the id of a group or an app, such as /shop');
    return '/';
  };
  const known = (path: string, rule: Anything, fields: readonly string[]): void => {
    for (const field of Object.keys(rule))
      if (!fields.includes(field)) wrong(`${path}/${field}`, `unknown; there are ${fields.join(', ')}`);
  };
  const quotas = list('quotas').map(([path, rule]): QuotaRule => {
    known(path, rule, ['group', ...AMOUNTS]);
    const limits = AMOUNTS.flatMap((amount) => {
      const limit = rule[amount];
      if (limit === undefined) return [];
      if (typeof limit !== 'number' || !(limit >= 0)) wrong(`${path}/${amount}`, 'must be a number, 0 or more');
      return [[amount, limit] as const];
    });
    if (limits.length === 0) wrong(path, 'must limit cpus, mem or instances');
    return { group: groupIn(path, rule), ...Object.fromEntries(limits) };
  });
  const constraints = list('constraints').map(([path, rule]): ConstraintRule => {
    known(path, rule, ['group', 'constraint']);
    const { constraint } = rule;
    const parts = typeof constraint === 'string' ? constraint.trim().split(/\s+/) : constraint;
    const isList = Array.isArray(parts) && parts.every((part) => typeof part === 'string');
    const error = isList ? constraintError(parts) : 'must be a list of two or three texts, or those with spaces between them';
    if (error !== undefined) wrong(`${path}/constraint`, error);
    return { group: groupIn(path, rule), constraint: (isList ? parts : ['', '']) as unknown as ConstraintRule['constraint'] };
  });
  const apart = list('apart').map(([path, rule]): ApartRule => {
    known(path, rule, ['group', 'from', 'field']);
    const { from, field = '@hostname' } = rule;
    if (typeof from !== 'string' || !/^\/([a-z0-9-.]+(\/[a-z0-9-.]+)*(\/\*)?|\*)$/.test(from))
      wrong(`${path}/from`, 'must be the id of an app, or of a group with /* behind it');
    if (typeof field !== 'string' || field === '') wrong(`${path}/field`, 'must be a field of a node, such as @zone');
    return { group: groupIn(path, rule), from: String(from), field: String(field) };
  });
  if (problems.length === 0 && quotas.length + constraints.length + apart.length === 0) wrong('/', 'holds no rule');
  return problems.length > 0 ? E.left(problems) : E.right({ quotas, constraints, apart });
};

export const nameOfQuota = ({ group, ...limits }: QuotaRule): string =>
  `quota of ${group}: ${Object.entries(limits)
    .map(([amount, limit]) => `${limit} ${amount}`)
    .join(', ')}`;

export const nameOfApart = ({ group, from, field }: ApartRule): string => `${group} apart from ${from} by ${field}`;

export const nameOfConstraint = ({ group, constraint }: ConstraintRule): string => `${constraint.join(' ')} below ${group}`;
