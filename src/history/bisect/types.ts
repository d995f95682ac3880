import type { CelInput } from '@bufbuild/cel';
import type { Views } from '../../domain/ports/views.ts';

/** Static type of an expression. A `table` is rows by their id; a macro over it goes through its rows. */
export type Type =
  | { readonly kind: 'bool' | 'int' | 'double' | 'string' | 'timestamp' | 'duration' | 'null' | 'any' }
  | { readonly kind: 'list'; readonly of: Type }
  | { readonly kind: 'map'; readonly of: Type }
  | { readonly kind: 'row'; readonly row: RowType }
  | { readonly kind: 'table'; readonly row: RowType };

/** What a row tells, by the name of the field. */
export type RowType = {
  /** What one of them is called: `an app`. */
  readonly name: string;
  /** Nouns of the streams whose facts bring rows, take them away and change the fields that name no others. */
  readonly nouns: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
};

export type Field = {
  readonly type: Type;
  readonly about: string;
  /** Nouns whose facts change it besides the row's own. */
  readonly nouns?: readonly string[];
  /** Answers undefined where the row has none of it: `has()` tells. */
  // biome-ignore lint/suspicious/noExplicitAny: each table reads rows of its own; `table` ties the two together.
  readonly read: (row: any, views: Views) => CelInput | undefined;
};

export type TableType<Row> = {
  readonly row: RowType;
  readonly get: (views: Views, id: string) => Row | undefined;
  readonly all: (views: Views) => Iterable<Row>;
};

export const BOOL: Type = { kind: 'bool' };
export const INT: Type = { kind: 'int' };
export const DOUBLE: Type = { kind: 'double' };
export const STRING: Type = { kind: 'string' };
export const TIMESTAMP: Type = { kind: 'timestamp' };
export const DURATION: Type = { kind: 'duration' };
export const NULL: Type = { kind: 'null' };
/** Of the elements of an empty list: goes with everything. */
export const ANY: Type = { kind: 'any' };
export const listOf = (of: Type): Type => ({ kind: 'list', of });
export const mapOf = (of: Type): Type => ({ kind: 'map', of });

export const isNumber = ({ kind }: Type): boolean => kind === 'int' || kind === 'double';

export const nameOf = (type: Type): string => {
  switch (type.kind) {
    case 'list':
      return `list of ${nameOf(type.of)}`;
    case 'map':
      return `map of ${nameOf(type.of)}`;
    case 'row':
      return type.row.name;
    case 'table':
      return `table with ${type.row.name} in each row`;
    default:
      return type.kind;
  }
};

/** Whether a value of the one may stand where the other is expected. */
export const goesWith = (a: Type, b: Type): boolean => {
  if (a.kind === 'any' || b.kind === 'any') return true;
  if ((a.kind === 'list' && b.kind === 'list') || (a.kind === 'map' && b.kind === 'map')) return goesWith(a.of, b.of);
  if ((a.kind === 'row' || a.kind === 'table') && (b.kind === 'row' || b.kind === 'table')) return a.kind === b.kind && a.row === b.row;
  return a.kind === b.kind;
};

/** Has equality: lists and rows are compared by what is in them, for a comparison of all of it could take for ever. */
export const isPlain = ({ kind }: Type): boolean => kind !== 'list' && kind !== 'map' && kind !== 'row' && kind !== 'table';
