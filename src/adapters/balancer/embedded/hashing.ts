/** FNV-1a with a finalizer that spreads neighbours; 0 < x < 1. */
export const fractionOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
};

/**
 * Who of several a client belongs to, by his address: each gets clients by his share, and who comes or goes moves only the clients that
 * are his (weighted rendezvous hashing).
 */
export const ownerOf = (client: string, shares: ReadonlyMap<string, number>): string | undefined => {
  let owner: string | undefined;
  let best = Number.NEGATIVE_INFINITY;
  for (const [name, share] of shares) {
    const score = share > 0 ? share / -Math.log(fractionOf(`${client}|${name}`)) : Number.NEGATIVE_INFINITY;
    if (score > best) [owner, best] = [name, score];
  }
  return owner;
};
