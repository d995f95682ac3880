import { FIELDS, type Fields, type Source } from './fields.ts';

type Schema = { readonly description?: string; readonly 'x-live-only'?: true; readonly properties?: Readonly<Record<string, Schema>> };

const LIVE: Schema = { description: 'Live only: known of now, recorded nowhere.', 'x-live-only': true };

const schemaOf = (entry: Source | Fields): Schema => {
  if (typeof entry !== 'string')
    return { properties: Object.fromEntries(Object.entries(entry).map(([name, below]) => [name, schemaOf(below)])) };
  return entry === 'live' ? LIVE : {};
};

/** The table of fields as schemas of the published description, by resource. */
export const fieldSchemas = (): Readonly<Record<string, Schema>> =>
  Object.fromEntries(Object.entries(FIELDS).map(([resource, fields]) => [resource, schemaOf(fields)]));
