import { CloudEvent } from 'cloudevents';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { IHeaders } from 'kafkajs';
import { COMMAND_TYPE, type CommandData, commandForm } from './commandForms.ts';

/** A message as a consumer hands it on. */
export type Received = {
  /** `<topic>/<partition>/<offset>`. */
  readonly place: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders | undefined;
};

/** Longest source and id together, in characters: both are kept. */
export const NAME_MAX = 2_048;

/** Who asks, as far as the message tells it. */
export type Name = { readonly source: string; readonly id: string };
export type Asked = Name & { readonly data: CommandData; readonly traceparent?: string };
export type Malformed = { readonly name?: Name; readonly message: string };

/** The command in a message: a CloudEvent 1.0 of JSON data in either mode. Left: what is wrong with it, in a sentence. */
export const readCommand = (received: Received): Either<Malformed, Asked> => {
  const found = attributesOf(received);
  if (typeof found === 'string') return E.left({ message: found });
  const { data, ...attributes } = found;
  const { id, source, type, specversion, traceparent } = attributes;
  if (!isName(id) || !isName(source)) return E.left({ message: 'a command needs an id and a source: texts that are not empty' });
  if (id.length + source.length > NAME_MAX) return E.left({ message: `source and id are longer than ${NAME_MAX} characters together` });
  const name = { source, id };
  if (specversion !== '1.0') return E.left({ name, message: `specversion must be '1.0'` });
  if (type !== COMMAND_TYPE) return E.left({ name, message: `type must be '${COMMAND_TYPE}'` });
  try {
    new CloudEvent(attributes as never, true);
  } catch (error) {
    return E.left({ name, message: `it is no CloudEvent: ${(error as Error).message}` });
  }
  const parsed = commandForm.safeParse(data);
  if (parsed.success) return E.right({ ...name, data: parsed.data, ...(typeof traceparent === 'string' && { traceparent }) });
  const faults = parsed.error.issues.map(({ path, message }) => `${['data', ...path].join('.')}: ${message}`);
  return E.left({ name, message: faults.join('; ') });
};

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '';

type Attributes = Readonly<Record<string, unknown>>;

const attributesOf = ({ value, headers = {} }: Received): Attributes | string => {
  const texts = Object.fromEntries(
    Object.entries(headers).map(([name, each]) => [name.toLowerCase(), String((Array.isArray(each) ? each[0] : each) ?? '')]),
  );
  const contentType = texts['content-type'] ?? '';
  if (contentType.startsWith('application/cloudevents+json')) {
    const event = jsonOf(value);
    return typeof event === 'object' && event !== null && !Array.isArray(event) ? (event as Attributes) : 'its value is no JSON object';
  }
  if (texts.ce_specversion === undefined)
    return 'it is no CloudEvent: neither is its header content-type application/cloudevents+json, nor has it headers ce_…';
  if (!/^application\/([\w.-]+\+)?json\b/.test(contentType)) return 'its header content-type must be application/json';
  const data = jsonOf(value);
  if (data === undefined) return 'its value is no JSON';
  const attributes = Object.entries(texts).flatMap(([name, text]) => (name.startsWith('ce_') ? [[name.slice('ce_'.length), text]] : []));
  return { ...Object.fromEntries(attributes), datacontenttype: contentType, data };
};

const jsonOf = (value: Buffer | null): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value ?? new Uint8Array()));
  } catch {
    return undefined;
  }
};
