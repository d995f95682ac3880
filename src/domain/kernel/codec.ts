import { z } from 'zod';
import type { Fact } from './recorded.ts';

/** How one fact type stands on the wire, in every version ever written. */
export type FactForm = {
  /** The version written today; the wire name is `<type>.v<version>`. */
  readonly version: number;
  /** Shape of today's data, without `type`. */
  readonly schema: z.ZodType;
  /** From version n to n + 1, keyed by n. */
  readonly upcasters?: Readonly<Record<number, (data: never) => unknown>>;
  /** Fields stored as ciphertext, so that they can be shredded by destroying the subject's key. */
  readonly sensitive?: {
    /** Whose key seals them, such as `app:/web`. */
    readonly subject: (data: never) => string;
    /** Paths into the data; `*` stands for every key of a record or index of an array. */
    readonly paths: readonly (readonly string[])[];
  };
};

/** Seals and opens sensitive values. Sealing needs randomness and keys, so it is handed in. */
export type Sealer = {
  /** @throws KeysUnavailable when a new key is needed and cannot be made durable now. */
  seal(subject: string, plain: string): Sealed;
  /** Does some sealing whose new keys share a write with those of others. Where the work throws, none of them is kept. */
  together?<A>(work: () => A): SealedTogether<A>;
  /** undefined when the key was destroyed. */
  open(sealed: Sealed): string | undefined;
};
/** What was sealed, which nobody may store before its keys are durable. */
export type SealedTogether<A> = {
  readonly made: A;
  /** Undefined where all keys are durable already. Rejects with KeysUnavailable when they cannot be; then none of them is kept. */
  readonly durable: Promise<void> | undefined;
};
/** Keys cannot be written now; as with the log, that passes. */
export class KeysUnavailable extends Error {
  override name = 'KeysUnavailable';
}
export type Sealed = { readonly $sealed: string; readonly key: string };

/** What a reader sees in place of a value whose key was destroyed. */
export const SHREDDED = '[shredded]';

export type FactCodec<F extends Fact> = {
  readonly forms: Readonly<Record<F['type'], FactForm>>;
  /** Whether any of its facts has fields that are sealed. */
  readonly seals: boolean;
  /** Wire name of a fact as written today. */
  wireName(type: string): string;
  /** The fact's data as JSON text, sensitive fields sealed. */
  encode(fact: F, sealer: Sealer): string;
  /** Whether a form explains this wire name. */
  reads(wireName: string): boolean;
  /** @throws UnknownWireForm for a type or version that no form explains. */
  decode(wireName: string, json: string, sealer: Sealer): F;
};

export class UnknownWireForm extends Error {
  override name = 'UnknownWireForm';
}

export const TIMER_ELAPSED: FactForm = {
  version: 1,
  schema: z.object({ node: z.string(), entryRevision: z.int().min(0), timer: z.string() }),
};

/** The codec of one noun, from the forms of its facts; `TimerElapsed` is every noun's. */
export const codecOf = <F extends Fact>(nounForms: Readonly<Record<string, FactForm>>): FactCodec<F> => {
  const forms: Record<string, FactForm> = { ...nounForms, TimerElapsed: TIMER_ELAPSED };
  const names = new Map(Object.entries(forms).map(([type, { version }]) => [type, `${type}.v${version}`]));
  const formOf = (type: string): FactForm => {
    const form = forms[type];
    if (form === undefined) throw new UnknownWireForm(`no form for fact '${type}'`);
    return form;
  };
  return {
    forms: forms as Readonly<Record<F['type'], FactForm>>,
    seals: Object.values(forms).some(({ sensitive }) => sensitive !== undefined),
    wireName: (type) => names.get(type) ?? `${type}.v${formOf(type).version}`,
    encode: (fact, sealer) => {
      const { sensitive } = formOf(fact.type);
      if (sensitive === undefined) return withoutType(fact);
      const { type: _, ...data } = fact;
      const subject = sensitive.subject(data as never);
      return JSON.stringify(
        sensitive.paths.reduce<unknown>((value, path) => atPath(value, path, (plain) => sealer.seal(subject, JSON.stringify(plain))), data),
      );
    },
    reads: (wireName) => {
      const dot = wireName.lastIndexOf('.v');
      const form = forms[wireName.slice(0, dot)];
      if (dot < 0 || form === undefined) return false;
      let version = Number(wireName.slice(dot + 2));
      while (version < form.version && form.upcasters?.[version] !== undefined) version++;
      return version === form.version;
    },
    decode: (wireName, json, sealer) => {
      const dot = wireName.lastIndexOf('.v');
      const type = wireName.slice(0, dot);
      const form = formOf(type);
      let data: unknown = JSON.parse(json);
      for (const path of form.sensitive?.paths ?? []) data = atPath(data, path, (sealed) => opened(sealed, sealer));
      for (let version = Number(wireName.slice(dot + 2)); version !== form.version; version++) {
        const upcast = form.upcasters?.[version];
        if (upcast === undefined || version > form.version)
          throw new UnknownWireForm(`no way from ${type}.v${version} to v${form.version}`);
        data = upcast(data as never);
      }
      return { type, ...(data as object) } as F;
    },
  };
};

/** Cut from the text where the type stands first, as it nearly always does: a copy without it costs more than the rest of the encoding. */
const withoutType = (fact: Fact): string => {
  const text = JSON.stringify(fact);
  const head = `{"type":"${fact.type}"`;
  if (text.startsWith(head)) return text.length === head.length + 1 ? '{}' : `{${text.slice(head.length + 1)}`;
  const { type: _, ...data } = fact;
  return JSON.stringify(data);
};

const opened = (value: unknown, sealer: Sealer): unknown => {
  if (typeof value !== 'object' || value === null || !('$sealed' in value)) return value;
  const plain = sealer.open(value as Sealed);
  return plain === undefined ? SHREDDED : JSON.parse(plain);
};

/** A copy of `value` with `change` applied at `path`; where the path leads nowhere, the value as it is. */
const atPath = (value: unknown, path: readonly string[], change: (leaf: unknown) => unknown): unknown => {
  const [head, ...rest] = path;
  if (head === undefined) return value === undefined || value === null ? value : change(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return head === '*' ? value.map((item) => atPath(item, rest, change)) : value;
  const record = value as Record<string, unknown>;
  const keys = head === '*' ? Object.keys(record) : head in record ? [head] : [];
  if (keys.length === 0) return value;
  return { ...record, ...Object.fromEntries(keys.map((key) => [key, atPath(record[key], rest, change)])) };
};
