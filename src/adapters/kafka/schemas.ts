import { z } from 'zod';
import type { FactForm } from '../../domain/kernel/codec.ts';
import { nouns } from '../../domain/nouns.ts';
import { schemaUri } from './message.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

/** 2020-12 where a schema stands alone; AsyncAPI's own schema objects are a superset of draft 7. */
export type Dialect = 'draft-2020-12' | 'draft-7';

/** One version of a fact, and whose it is; `TimerElapsed` is every noun's. */
export type FactVersion = { readonly wireName: string; readonly type: string; readonly version: number; readonly nouns: readonly string[] };

/** Every version of every fact that this engine reads. */
export const factVersions = (): readonly FactVersion[] => {
  const found = new Map<string, FactVersion>();
  for (const { noun, codec } of Object.values(nouns))
    for (const [type, form] of Object.entries<FactForm>(codec.forms))
      for (let version = form.version; codec.reads(`${type}.v${version}`) && version > 0; version--) {
        const wireName = `${type}.v${version}`;
        const others = found.get(wireName)?.nouns ?? [];
        found.set(wireName, { wireName, type, version, nouns: [...others, noun] });
      }
  return [...found.values()].sort((a, b) => (a.wireName < b.wireName ? -1 : 1));
};

/** JSON Schema of the data of a fact version as messages carry it. @returns undefined for one that this engine does not read */
export const factSchema = (wireName: string, dialect: Dialect): JsonSchema | undefined => {
  const known = factVersions().find((each) => each.wireName === wireName);
  const form = nouns[known?.nouns[0] ?? '']?.codec.forms[known?.type ?? ''];
  if (known === undefined || form === undefined) return undefined;
  const { type, version } = known;
  const about = { title: `${type}, version ${version}` };
  // Of a version that is only read any more nothing is kept but the way to the next.
  if (version !== form.version) return { ...about, type: 'object' };
  const paths = form.sensitive?.paths ?? [];
  return { ...about, ...paths.reduce<JsonSchema>(withheldIn, jsonSchemaOf(form.schema, dialect)) };
};

/** The same as a document of its own, with its name. */
export const schemaDocument = (wireName: string): JsonSchema | undefined => {
  const schema = factSchema(wireName, 'draft-2020-12');
  return schema && { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: schemaUri(wireName), ...schema };
};

/** Open for fields that come later: who reads ignores what he does not know. */
export const jsonSchemaOf = (schema: z.ZodType, dialect: Dialect): JsonSchema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: dialect,
    io: 'input',
    unrepresentable: 'any',
    override: customIsObject,
  });
  return rest;
};

/** What the domain checks by a predicate is an app's definition, which is an object. */
const customIsObject = ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
  if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'object';
};

/** The marker that stands for a sensitive value. */
export const WITHHELD: JsonSchema = {
  description: 'A value that never leaves the engine.',
  type: 'object',
  properties: { $withheld: { const: 'sensitive' } },
  required: ['$withheld'],
};

/** The schema with the marker at a path of a form; where it says nothing of the way there, that is said too. */
const withheldIn = (schema: JsonSchema, path: readonly string[]): JsonSchema => {
  const [head, ...rest] = path;
  if (head === undefined) return { anyOf: [WITHHELD, { type: 'null' }] };
  const within = (of: unknown): JsonSchema => withheldIn((typeof of === 'object' && of !== null ? of : {}) as JsonSchema, rest);
  if (head !== '*')
    return { ...schema, properties: { ...(schema.properties as object), [head]: within((schema.properties as JsonSchema)?.[head]) } };
  // Keys of a record or places of an array: each keyword is silent about the other.
  const { additionalProperties, items } = schema;
  return { ...schema, additionalProperties: within(additionalProperties), items: within(items) };
};
