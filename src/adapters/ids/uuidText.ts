/** `value` in lower-case hexadecimal digits, zeros in front. @param value a whole number below 2^53 */
export const paddedHex = (value: number, digits: number): string => {
  const hex = value.toString(16);
  return ZEROS.slice(hex.length, digits) + hex;
};
const ZEROS = '0'.repeat(16);

/** The text of a version 8 UUID up to its last dash: 48 bits, then 12, then 14; higher bits are cut off. */
export const uuidTextOf = (custom48: number, custom12: number, custom14: number): string => {
  const a = paddedHex(custom48, 12);
  return `${a.slice(0, 8)}-${a.slice(8)}-8${paddedHex(custom12 & 0xfff, 3)}-${paddedHex((custom14 & 0x3fff) | 0x8000, 4)}-`;
};
