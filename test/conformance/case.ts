import { expect } from 'vitest';
import type { Json } from '../support/api.ts';
import type { Difference } from './differences.ts';
import type { Stage } from './stage.ts';

/** Names that a given state brings about, such as the id of a task; `{task}` in a request or an expectation stands for one. */
export type Names = Readonly<Record<string, string>>;

export type Ask = {
  /** Verb and path: `GET /v2/apps?embed=apps.tasks`. */
  readonly to: string;
  readonly body?: unknown;
  /** A body as it is, for those that are no JSON. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Wanted = {
  readonly status: number;
  /** What the body holds, in the manner of `toMatchObject`. */
  readonly body?: Json;
  /** The whole body. */
  readonly is?: Json;
  /** A body that is no JSON. */
  readonly text?: string | RegExp;
  /** `details` of a refusal, path by path, and no other. */
  readonly errors?: Readonly<Record<string, Json>>;
  readonly headers?: Readonly<Record<string, string | RegExp>>;
  /** Keys that the body does not have. */
  readonly without?: readonly string[];
};

/** One line of the table: what Marathon and DC/OS answer, or what is answered here instead and why. */
export type Case = {
  /** Verb and path as documented: `DELETE /v2/apps/{id}/tasks`. */
  readonly endpoint: string;
  /** The given state and what is asked, in words. */
  readonly when: string;
  readonly given?: (stage: Stage) => Promise<Names>;
  readonly ask: Ask;
  readonly answers: Wanted;
  /** What must be so afterwards. */
  readonly after?: (stage: Stage, body: Json, names: Names) => Promise<void> | void;
  readonly differs?: Difference;
};

export const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
export const UUID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
export const DEPLOYMENT = { version: ISO, deploymentId: UUID };
export const text = expect.any(String);
export const matching = (pattern: RegExp): Json => expect.stringMatching(pattern);
export const some = (...items: Json[]): Json => expect.arrayContaining(items);
export const having = (fields: Json): Json => expect.objectContaining(fields);

/** Every `{name}` in strings at any depth replaced by what it stands for; what is no plain data is left as it is. */
export const named = <A>(value: A, names: Names): A => {
  if (typeof value === 'string') return value.replace(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole) as A;
  if (Array.isArray(value)) return value.map((each) => named(each, names)) as A;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, named(each, names)])) as A;
};
