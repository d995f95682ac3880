import type { parse } from '@bufbuild/cel';
import { suggest } from '../../domain/app/definition/suggest.ts';
import { FUNCTIONS, listedTypes, MACROS, METHODS, writtenAs } from './signatures.ts';
import { MOMENT, TABLES } from './tables.ts';
import { ANY, BOOL, DOUBLE, goesWith, INT, listOf, NULL, nameOf, STRING, type Type } from './types.ts';

type Parsed = ReturnType<typeof parse>;
export type Expr = NonNullable<Parsed['expr']>;
type Call = Extract<Expr['exprKind'], { case: 'callExpr' }>['value'];

/** Something is wrong with the expression; `id` is of the part that is. */
export class ExpressionError extends Error {
  override name = 'ExpressionError';
  readonly id: bigint;
  constructor(id: bigint, message: string) {
    super(message);
    this.id = id;
  }
}

/** The elements that a macro goes through, and how many parts of the expression are evaluated for each. */
export const ROWS = '@rows';
/** The same of a map, whose keys a macro goes through. */
export const KEYS = '@keys';
/** An element more, without a copy of the list. */
export const APPEND = '@append';

export type Checked = {
  readonly type: Type;
  /** The same, with what its evaluation needs besides: rows for tables, fractions where they meet whole numbers. */
  readonly expr: Expr;
};

/** What an expression is about. */
export type Named = {
  /** Tables, `now` and `position`. */
  readonly names: Set<string>;
  /** Nouns of the streams whose facts can change what it answers. */
  readonly nouns: Set<string>;
};

type Scope = ReadonlyMap<string, Type>;

/** @throws ExpressionError where a name or a type is wrong */
export const checkExpression = (root: Expr, named: Named): Checked => {
  const check = (expr: Expr, scope: Scope): Checked => {
    const wrong = (message: string): never => {
      throw new ExpressionError(expr.id, message);
    };
    const { exprKind } = expr;
    switch (exprKind.case) {
      case 'constExpr':
        return { type: constantType(exprKind.value.constantKind.case) ?? wrong('bytes and unsigned numbers are of no use here'), expr };
      case 'identExpr':
        return { type: nameType(exprKind.value.name, scope, named) ?? wrong(unknownName(exprKind.value.name, scope)), expr };
      case 'selectExpr': {
        const { operand, field, testOnly } = exprKind.value;
        const of = check(operand as Expr, scope);
        const type = selected(of.type, field, named);
        if (typeof type === 'string') return wrong(type);
        return {
          type: testOnly ? BOOL : type,
          expr: { ...expr, exprKind: { ...exprKind, value: { ...exprKind.value, operand: of.expr } } },
        };
      }
      case 'listExpr': {
        const elements = exprKind.value.elements.map((element) => check(element, scope));
        const [first] = elements;
        const odd = elements.findIndex(({ type }) => first !== undefined && !goesWith(type, first.type));
        if (odd > 0) throw new ExpressionError((exprKind.value.elements[odd] as Expr).id, 'the elements of a list are of one type');
        const value = { ...exprKind.value, elements: elements.map((element) => element.expr) };
        return { type: listOf(first?.type ?? ANY), expr: { ...expr, exprKind: { case: 'listExpr', value } } };
      }
      case 'callExpr':
        return checkCall(expr, exprKind.value, (each) => check(each, scope));
      case 'comprehensionExpr': {
        const { iterRange, iterVar, accuVar, accuInit, loopCondition, loopStep, result } = exprKind.value;
        const range = check(iterRange as Expr, scope);
        const element = elementOf(range.type) ?? wrong(`a macro goes through a table, a list or a map, not ${nameOf(range.type)}`);
        const init = check(accuInit as Expr, scope);
        const within = new Map([...scope, [iterVar, element]]);
        // What the macro gathers: its type is known once a first element was added to the empty list.
        const step = stepOf(loopStep as Expr, new Map([...within, [accuVar, init.type]]));
        if (!goesWith(step.type, init.type)) return wrong(`this must be bool for each, not ${nameOf(step.type)}`);
        const inside = new Map([...within, [accuVar, step.type]]);
        const value = {
          ...exprKind.value,
          iterRange: callOf(iterRange as Expr, range.type.kind === 'map' ? KEYS : ROWS, [
            range.expr,
            wholeNumber(iterRange as Expr, partsOf(loopStep as Expr)),
          ]),
          accuInit: init.expr,
          loopCondition: check(loopCondition as Expr, inside).expr,
          loopStep: appending(step.expr, accuVar),
          result: check(result as Expr, inside).expr,
        };
        return { type: check(result as Expr, inside).type, expr: { ...expr, exprKind: { case: 'comprehensionExpr', value } } };
      }
      default:
        return wrong('maps and messages cannot be written here');
    }
  };
  const stepOf = (step: Expr, scope: Scope): Checked => {
    try {
      return check(step, scope);
    } catch (error) {
      throw ofCondition(error, step);
    }
  };
  return check(root, new Map());
};

const checkCall = (expr: Expr, call: Call, check: (expr: Expr) => Checked): Checked => {
  const all = call.target === undefined ? call.args : [call.target, ...call.args];
  const wrong = (message: string): never => {
    throw new ExpressionError(expr.id, message);
  };
  const known = call.target === undefined ? FUNCTIONS : METHODS;
  const { function: name } = call;
  const signature = Object.hasOwn(known, name) ? known[name] : undefined;
  if (signature === undefined && !['_[_]', '_?_:_'].includes(name)) return wrong(unknownFunction(name, call.target !== undefined));
  const args = all.map(check);
  const types = args.map(({ type }) => type);
  const rebuilt = (exprs: readonly Expr[]): Expr => {
    const [target, ...rest] = exprs as [Expr, ...Expr[]];
    const value = call.target === undefined ? { ...call, args: [...exprs] } : { ...call, target, args: rest };
    return { ...expr, exprKind: { case: 'callExpr', value } };
  };
  const exprs = args.map((arg) => arg.expr);
  if (name === '_[_]') {
    const type = indexed(types[0] as Type, types[1] as Type);
    return typeof type === 'string' ? wrong(type) : { type, expr: rebuilt(exprs) };
  }
  if (name === '_?_:_') {
    const [condition, yes, no] = types as [Type, Type, Type];
    if (!goesWith(condition, BOOL)) return wrong(`the condition must be bool, not ${nameOf(condition)}`);
    if (!goesWith(yes, no)) return wrong(`both sides of ':' must be of one type, not ${listedTypes([yes, no])}`);
    return { type: yes.kind === 'list' && yes.of.kind === 'any' ? no : yes, expr: rebuilt(exprs) };
  }
  const called = signature?.(types);
  if (called === undefined) return wrong(`'${writtenAs(name)}' does not go with ${listedTypes(types)}`);
  if ('wrong' in called) return wrong(called.wrong);
  if (name === '@in' && types[1]?.kind === 'list') {
    const [one, list] = exprs as [Expr, Expr];
    return { type: called.type, expr: rebuilt([one, callOf(list, ROWS, [list, wholeNumber(list, 1)])]) };
  }
  const widened = args.map(({ type, expr: arg }) => (called.widen === true && type.kind === 'int' ? callOf(arg, 'double', [arg]) : arg));
  return { type: called.type, expr: rebuilt(widened) };
};

/** Of `all` and `exists`: said of the condition, and not of the operator that the macro stands for. */
const ofCondition = (error: unknown, { id, exprKind }: Expr): unknown => {
  const condition = exprKind.case === 'callExpr' && exprKind.value.function !== '_?_:_' ? exprKind.value.args[1] : undefined;
  const isOfOperator = error instanceof ExpressionError && error.id === id && condition !== undefined;
  return isOfOperator ? new ExpressionError(condition.id, 'the condition must be bool') : error;
};

const wholeNumber = (at: Expr, value: number): Expr => ({
  ...at,
  exprKind: { case: 'constExpr', value: { $typeName: 'cel.expr.Constant', constantKind: { case: 'int64Value', value: BigInt(value) } } },
});

/** Parts that one evaluation goes through, those of inner macros apart. */
export const partsOf = ({ exprKind }: Expr): number => {
  const sum = (parts: readonly (Expr | undefined)[]): number =>
    parts.reduce((all, part) => all + (part === undefined ? 0 : partsOf(part)), 1);
  switch (exprKind.case) {
    case 'selectExpr':
      return sum([exprKind.value.operand]);
    case 'listExpr':
      return sum(exprKind.value.elements);
    case 'callExpr':
      return sum([exprKind.value.target, ...exprKind.value.args]);
    case 'comprehensionExpr':
      return sum([exprKind.value.iterRange, exprKind.value.accuInit, exprKind.value.result]);
    default:
      return 1;
  }
};

const callOf = (at: Expr, name: string, args: readonly Expr[]): Expr => ({
  ...at,
  exprKind: { case: 'callExpr', value: { $typeName: 'cel.expr.Expr.Call', function: name, args: [...args] } },
});

/** `gathered + [x]` of a macro as an append: a copy of the list for each element would take the square of the time. */
const appending = (step: Expr, accuVar: string): Expr => {
  if (step.exprKind.case !== 'callExpr') return step;
  const { value } = step.exprKind;
  const [first, second] = value.args;
  const isGathered = first?.exprKind.case === 'identExpr' && first.exprKind.value.name === accuVar;
  if (value.function === '_+_' && isGathered && second?.exprKind.case === 'listExpr') {
    return callOf(step, APPEND, [first, ...second.exprKind.value.elements]);
  }
  if (value.function !== '_?_:_') return step;
  return { ...step, exprKind: { case: 'callExpr', value: { ...value, args: value.args.map((arg) => appending(arg, accuVar)) } } };
};

const CONSTANTS: Readonly<Record<string, Type>> = {
  boolValue: BOOL,
  int64Value: INT,
  doubleValue: DOUBLE,
  stringValue: STRING,
  nullValue: NULL,
};
const constantType = (kind: string | undefined): Type | undefined => CONSTANTS[kind ?? ''];

const nameType = (name: string, scope: Scope, { names, nouns }: Named): Type | undefined => {
  const bound = scope.get(name);
  if (bound !== undefined) return bound;
  const table = Object.hasOwn(TABLES, name) ? TABLES[name] : undefined;
  const type: Type | undefined =
    table === undefined ? (Object.hasOwn(MOMENT, name) ? MOMENT[name] : undefined) : { kind: 'table', row: table.row };
  if (type === undefined) return undefined;
  names.add(name);
  for (const noun of table?.row.nouns ?? []) nouns.add(noun);
  return type;
};

/** Type of a field, or what is wrong. */
const selected = (of: Type, name: string, { nouns }: Named): Type | string => {
  if (of.kind === 'map') return of.of;
  if (of.kind === 'table')
    return `a row of a table is named by its id in brackets, such as ['${name}'], and 'all' or 'exists' go through them`;
  if (of.kind !== 'row') return `${nameOf(of)} has no fields`;
  const field = Object.hasOwn(of.row.fields, name) ? of.row.fields[name] : undefined;
  if (field === undefined) return `${of.row.name} has no field '${name}'${suggestion(name, Object.keys(of.row.fields))}`;
  for (const noun of field.nouns ?? []) nouns.add(noun);
  return field.type;
};

const indexed = (of: Type, by: Type): Type | string => {
  if (of.kind === 'list') return goesWith(by, INT) ? of.of : `a list is indexed by int, not ${nameOf(by)}`;
  if (of.kind !== 'map' && of.kind !== 'table') return `${nameOf(of)} cannot be indexed`;
  if (!goesWith(by, STRING)) return `the key in brackets must be string, not ${nameOf(by)}`;
  return of.kind === 'map' ? of.of : { kind: 'row', row: of.row };
};

const elementOf = (range: Type): Type | undefined => {
  if (range.kind === 'table') return { kind: 'row', row: range.row };
  if (range.kind === 'list') return range.of;
  return range.kind === 'map' ? STRING : undefined;
};

const suggestion = (name: string, known: readonly string[]): string => {
  const close = suggest(name, known);
  return close === undefined ? `; it has ${known.join(', ')}` : `; did you mean '${close}'?`;
};

const unknownName = (name: string, scope: Scope): string => {
  const known = [...scope.keys().filter((each) => !each.startsWith('@')), ...Object.keys(TABLES), ...Object.keys(MOMENT)];
  const close = suggest(name, known);
  return `nothing is called '${name}'${close === undefined ? `; there are ${known.join(', ')}` : `; did you mean '${close}'?`}`;
};

const unknownFunction = (name: string, isMethod: boolean): string => {
  if (MACROS.includes(name))
    return name === 'has' ? 'has takes one field of a row: has(row.field)' : `${name} takes a name and an expression: apps.${name}(a, …)`;
  const known = [...Object.keys(isMethod ? METHODS : FUNCTIONS).filter((each) => /^[a-z]/.test(each)), ...MACROS];
  const close = suggest(name, known);
  return `there is no function '${writtenAs(name)}'${close === undefined ? '' : `; did you mean '${close}'?`}`;
};
