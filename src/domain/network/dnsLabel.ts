/** Longest label of a host name, characters (RFC 1123, 2.1). */
export const LABEL_MAX = 63;

/**
 * Mesos-DNS' label of any text by RFC 1123: lower case; `.`, `_` and `-` become `-`, other characters that no host name holds are dropped,
 * dashes at either end too. '' where nothing is left.
 */
export const dnsLabel = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[._]/g, '-')
    .replaceAll(/[^a-z0-9-]/g, '')
    .replace(/^-+/, '')
    .slice(0, LABEL_MAX)
    .replace(/-+$/, '');

/** A name of several labels, each made legal: `My_app.web` → `my-app.web`. */
export const domainFragment = (name: string): string =>
  name
    .split('.')
    .map(dnsLabel)
    .filter((label) => label !== '')
    .join('.');

const ZBASE32 = 'ybndrfg8ejkmcpqxot1uwisza345h769';
const HASH_LABEL_CHARACTERS = 5;
const BITS_PER_CHARACTER = 5;

/** Five characters of z-base-32 that tell two tasks of one name apart, made of the first bytes of the SHA-1 of an id. */
export const hashLabel = (sha1: Uint8Array): string => {
  let [bits, held, label] = [0, 0, ''];
  for (const byte of sha1) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= BITS_PER_CHARACTER && label.length < HASH_LABEL_CHARACTERS) {
      held -= BITS_PER_CHARACTER;
      label += ZBASE32[(bits >> held) & 31];
    }
    bits &= (1 << held) - 1;
    if (label.length === HASH_LABEL_CHARACTERS) break;
  }
  return label;
};
