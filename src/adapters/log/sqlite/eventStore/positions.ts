/** Bits of a position that count events of others behind one fact. */
const BEHIND_BITS = 32n;

/** Place in the whole store of the fact at a position of the log. */
export const placeOfFact = (position: number): bigint => BigInt(position) << BEHIND_BITS;

/** Position of the last fact at or before a place in the store. */
export const factAt = (place: bigint): number => Number(place >> BEHIND_BITS);

/** Whether a place is that of a fact: others' events stand behind one. */
export const isPlaceOfFact = (place: bigint): boolean => (place & ((1n << BEHIND_BITS) - 1n)) === 0n;
