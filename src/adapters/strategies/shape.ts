import { z } from 'zod';
import type { AnyStrategy } from '../../domain/deployment/kit/strategy.ts';

/** Longest `id` of a strategy, in characters. */
const ID_MAX = 100;

type Anything = { readonly [key: string]: unknown };
const isObject = (value: unknown): value is Anything => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What TypeScript would have said to an author who writes JavaScript. @throws Error that names the field and the rule */
export function requireShape(exported: unknown): asserts exported is AnyStrategy {
  const fail = (what: string): never => {
    throw new Error(what);
  };
  if (!isObject(exported)) return fail('it has no default export that is a strategy: `export default strategy({ … }, { … })`');
  const { id, description, initial, states, parameters, memory, delays } = exported;
  if (typeof id !== 'string' || id.length > ID_MAX || !/^[a-z][a-z0-9-]*\.v[1-9]\d{0,5}$/.test(id))
    fail(`id: '${String(id)}' must be a name and a version, such as 'web.v1': lower-case letters, digits and dashes`);
  if (typeof description !== 'string' || description === '') fail('description: must say what the strategy does');
  if (typeof initial !== 'string') fail('initial: must be the name of a state');
  if (!isObject(states)) return fail('states: must be an object of states by name');
  for (const [name, state] of Object.entries(states)) requireState(name, state);
  if (memory !== undefined && !isObject(memory)) fail('memory: must be an object');
  for (const [name, delay] of Object.entries(isObject(delays) ? delays : {}))
    if (typeof delay !== 'function') fail(`delays.${name}: must be a function of the course that gives milliseconds`);
  if (parameters !== undefined && !isSchemaOfObject(parameters))
    fail('parameters: must be a schema of an object, such as z.strictObject({ … })');
  if (parameters !== undefined && !(parameters as z.ZodType).safeParse({}).success)
    fail('parameters: each needs a default, for an app may name the strategy alone');
}

const requireState = (name: string, state: unknown): void => {
  if (!/^[a-zA-Z][a-zA-Z0-9]*$/.test(name)) throw new Error(`states.${name}: the name of a state is letters and digits`);
  if (!isObject(state)) throw new Error(`states.${name}: must be an object`);
  for (const owed of [state.entry ?? []].flat())
    if (!isObject(owed) || typeof owed.owes !== 'string' || typeof owed.params !== 'function')
      throw new Error(`states.${name}.entry: must be of want, exactly, traffic, gates and approval`);
};

const isSchemaOfObject = (schema: unknown): boolean => {
  if (!isObject(schema) || typeof schema.safeParse !== 'function') return false;
  try {
    return (z.toJSONSchema(schema as unknown as z.ZodType, { io: 'input', unrepresentable: 'any' }) as { type?: string }).type === 'object';
  } catch {
    return false;
  }
};
