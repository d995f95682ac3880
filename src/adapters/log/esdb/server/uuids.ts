import SharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import type { Uuid } from '../../../../domain/kernel/ids.ts';

/** How a client wants ids: as text, or as two numbers of 64 bits. */
export type UuidForm = 'string' | 'structured';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @returns undefined for what is no UUID */
export const uuidIn = (message: SharedMessages.UUID | undefined): Uuid | undefined => {
  const text = message?.hasStructured() === true ? fromHalves(message.getStructured()) : message?.getString().toLowerCase();
  return text !== undefined && UUID.test(text) ? text : undefined;
};

export const uuidMessage = (id: Uuid, form: UuidForm): SharedMessages.UUID => {
  const message = new SharedMessages.UUID();
  const hex = id.replaceAll('-', '');
  // An id that is none can't be given as numbers.
  if (form === 'string' || !UUID.test(id)) return message.setString(id);
  const half = (digits: string): string => String(BigInt.asIntN(64, BigInt(`0x${digits}`)));
  const halves = new SharedMessages.UUID.Structured();
  halves.setMostSignificantBits(half(hex.slice(0, 16)));
  halves.setLeastSignificantBits(half(hex.slice(16)));
  return message.setStructured(halves);
};

const fromHalves = (halves: SharedMessages.UUID.Structured | undefined): string => {
  const hex = [halves?.getMostSignificantBits(), halves?.getLeastSignificantBits()]
    .map((half) =>
      BigInt.asUintN(64, BigInt(half ?? '0'))
        .toString(16)
        .padStart(16, '0'),
    )
    .join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};
