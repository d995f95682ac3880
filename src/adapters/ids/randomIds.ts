import { randomBytes } from 'node:crypto';
import type { Ids } from '../../domain/kernel/ports.ts';
import { paddedHex, uuidTextOf } from './uuidText.ts';

/** Ids of one prefix before a new one is drawn; fits the 48 bits of the counter with room to spare. */
const IDS_PER_PREFIX = 2 ** 32;

/**
 * UUIDs of version 8 (RFC 9562 §5.8, the layout is the maker's own): 74 random bits drawn once, then a counter, because drawing
 * 16 random bytes for each of five facts per instance costs more than deciding them. Unique as long as two of 2^74 prefixes differ.
 * Never a secret: an id tells its successors.
 */
export const randomIds = (): Ids => {
  let used = IDS_PER_PREFIX;
  let prefix = '';
  return {
    next: () => {
      if (used === IDS_PER_PREFIX) {
        used = 0;
        const drawn = randomBytes(10);
        prefix = uuidTextOf(drawn.readUIntBE(0, 6), drawn.readUInt16BE(6), drawn.readUInt16BE(8));
      }
      return prefix + paddedHex(used++, 12);
    },
  };
};
