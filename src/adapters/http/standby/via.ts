import type { Headers } from '../dcos/service/headers.ts';

/** Engines that a request went through; Marathon's name, with the value of RFC 9110, 7.6.3. */
export const VIA_HEADER = 'x-marathon-via';

const nameOf = (self: string): string => `1.1 ${self}`;

/** @param self this engine, as `host:port` */
export const viaWith = (headers: Headers, self: string): Headers =>
  Object.fromEntries([VIA_HEADER, 'via'].map((name) => [name, [headers[name] ?? [], nameOf(self)].flat().join(', ')]));

/** Whether a request was here before: who leads has changed, and not all know. */
export const wentThrough = (header: string | string[] | undefined, self: string): boolean =>
  [header ?? []]
    .flat()
    .join(', ')
    .split(',')
    .some((each) => each.trim() === nameOf(self));
