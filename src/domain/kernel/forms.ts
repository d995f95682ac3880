import type { z } from 'zod';

export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? number extends T['length']
    ? readonly DeepReadonly<Item>[]
    : { readonly [K in keyof T]: DeepReadonly<T[K]> }
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** The data of a form; nothing for an empty object, which zod infers as a record of never. */
type DataOf<Form extends z.ZodType> = string extends keyof z.infer<Form> ? unknown : DeepReadonly<z.infer<Form>>;

/** The union of facts that a table of zod shapes describes: one source for the type, the codec and the published schema. */
export type FactsOf<Forms extends Readonly<Record<string, z.ZodType>>> = {
  [T in keyof Forms & string]: { readonly type: T } & DataOf<Forms[T]>;
}[keyof Forms & string];
