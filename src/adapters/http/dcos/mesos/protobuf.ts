/** How a field is written: as a scalar, as one of named numbers, or as a message of the table. */
export type FieldType =
  | 'bool'
  | 'double'
  | 'int'
  | 'string'
  | Readonly<Record<string, number>>
  | { readonly message: string }
  | { readonly mapOf: string };
/** Number and type of each field, by the name that it has in JSON. Whether it is repeated shows in the value. */
export type Message = Readonly<Record<string, readonly [number: number, type: FieldType, repeated?: 'repeated']>>;
export type Messages = Readonly<Record<string, Message>>;

type Json = Readonly<Record<string, unknown>>;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;

export class MalformedMessage extends Error {
  override name = 'MalformedMessage';
}

/** A map from texts to messages: on the wire a repeated message of key and value. */
const isMap = (type: FieldType): type is { readonly mapOf: string } => typeof type === 'object' && 'mapOf' in type;

const isMessage = (type: FieldType): type is { readonly message: string } =>
  typeof type === 'object' && 'message' in type && typeof type.message === 'string';

/** JSON as a protocol buffer. @throws Error for a field or a name of a number that the table does not have: a defect. */
export const encodeMessage = (messages: Messages, name: string, json: Json): Buffer => {
  const message = messages[name];
  if (message === undefined) throw new Error(`no message ${name}`);
  const parts: Buffer[] = [];
  for (const [key, value] of Object.entries(json)) {
    if (value === undefined) continue;
    const field = message[key];
    if (field === undefined) throw new Error(`no field ${key} of ${name}`);
    for (const each of Array.isArray(value) ? value : [value]) parts.push(...encodeField(messages, field[0], field[1], each));
  }
  return Buffer.concat(parts);
};

const encodeField = (messages: Messages, number: number, type: FieldType, value: unknown): readonly Buffer[] => {
  if (isMap(type))
    return Object.entries(value as Readonly<Record<string, Json>>).flatMap(([key, each]) => {
      const entry = Buffer.concat([...encodeField(messages, 1, 'string', key), ...encodeField(messages, 2, { message: type.mapOf }, each)]);
      return [varint((number << 3) | DELIMITED), varint(entry.length), entry];
    });
  if (type === 'double') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value as number);
    return [varint((number << 3) | FIXED64), bytes];
  }
  if (type === 'string' || isMessage(type)) {
    const bytes = type === 'string' ? Buffer.from(value as string) : encodeMessage(messages, type.message, value as Json);
    return [varint((number << 3) | DELIMITED), varint(bytes.length), bytes];
  }
  if (type === 'bool' || type === 'int') return [varint((number << 3) | VARINT), varint(Number(value))];
  const named = type[value as string];
  if (named === undefined) throw new Error(`no number for ${String(value)}`);
  return [varint((number << 3) | VARINT), varint(named)];
};

/** @param value a whole number that is not negative */
const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};

/** A protocol buffer as JSON; fields that the table does not have are passed over. @throws MalformedMessage */
export const decodeMessage = (messages: Messages, name: string, bytes: Buffer): Json => {
  const fields = new Map(Object.entries(messages[name] ?? {}).map(([key, [number, type, repeated]]) => [number, { key, type, repeated }]));
  const json: Record<string, unknown> = {};
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    const [number, wire] = [tag.value >>> 3, tag.value & 7];
    const body = readBody(bytes, tag.next, wire);
    at = body.next;
    const field = fields.get(number);
    if (field === undefined) continue;
    const value = fieldValue(messages, field.type, wire, body.value);
    json[field.key] = field.repeated === undefined ? value : [...((json[field.key] as unknown[] | undefined) ?? []), value];
  }
  return json;
};

type Read<A> = { readonly value: A; readonly next: number };

const MAX_VARINT_BYTES = 10;

const readVarint = (bytes: Buffer, from: number): Read<number> => {
  let value = 0n;
  for (let at = from; at < from + MAX_VARINT_BYTES; at++) {
    const byte = bytes[at];
    if (byte === undefined) break;
    value |= BigInt(byte & 127) << BigInt(7 * (at - from));
    if (byte < 128) return { value: Number(value), next: at + 1 };
  }
  throw new MalformedMessage('a number does not end');
};

const readBody = (bytes: Buffer, from: number, wire: number): Read<number | Buffer> => {
  if (wire === VARINT) return readVarint(bytes, from);
  const length = wire === FIXED64 ? { value: 8, next: from } : wire === FIXED32 ? { value: 4, next: from } : undefined;
  const { value, next } = wire === DELIMITED ? readVarint(bytes, from) : (length ?? unknown(wire));
  if (next + value > bytes.length) throw new MalformedMessage('a field is longer than the message');
  return { value: bytes.subarray(next, next + value), next: next + value };
};

const unknown = (wire: number): never => {
  throw new MalformedMessage(`there is no wire type ${wire}`);
};

const fieldValue = (messages: Messages, type: FieldType, wire: number, body: number | Buffer): unknown => {
  if (typeof body === 'number') {
    if (type === 'bool') return body !== 0;
    if (type === 'int') return body;
    if (typeof type === 'object' && !isMessage(type) && !isMap(type))
      return Object.keys(type).find((name) => type[name] === body) ?? 'UNKNOWN';
    throw new MalformedMessage('a field has another type than it should');
  }
  if (type === 'double' && wire === FIXED64) return body.readDoubleLE();
  if (wire === DELIMITED && type === 'string') return body.toString('utf8');
  if (wire === DELIMITED && isMessage(type)) return decodeMessage(messages, type.message, body);
  throw new MalformedMessage('a field has another type than it should');
};
