import { isIPv4, isIPv6 } from 'node:net';

/*
 * The PROXY protocol, versions 1 and 2: who the client is, said in the first bytes of a connection.
 * https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
 */

export type Ends = {
  readonly from: { readonly address: string; readonly port: number };
  readonly to: { readonly address: string; readonly port: number };
};

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
/** §2.1: the longest line of version 1, with its end. */
const LINE_MAX = 107;
/** Bytes of a version 2 header that we read, its TLVs with it. */
const BINARY_MAX = 4096;

/** IPv4 in IPv6 (`::ffff:1.2.3.4`) as IPv4. */
export const plainAddress = (address: string | undefined): string => address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '';

export const proxyHeader = (version: 'v1' | 'v2', ends: Ends): Buffer => (version === 'v1' ? textHeader(ends) : binaryHeader(ends));

const familyOf = ({ from, to }: Ends): 'TCP4' | 'TCP6' | undefined => {
  if (isIPv4(from.address) && isIPv4(to.address)) return 'TCP4';
  return isIP(from.address) && isIP(to.address) ? 'TCP6' : undefined;
};

const isIP = (address: string): boolean => isIPv4(address) || isIPv6(address);

/** Both ends must be of one family: an IPv4 address is written as IPv6 where the other end has one. */
const sixOf = (address: string): string => (isIPv4(address) ? `::ffff:${address}` : (address.split('%')[0] ?? ''));

const textHeader = (ends: Ends): Buffer => {
  const family = familyOf(ends);
  if (family === undefined) return Buffer.from('PROXY UNKNOWN\r\n');
  const write = family === 'TCP4' ? (address: string): string => address : sixOf;
  return Buffer.from(
    `PROXY ${family} ${write(ends.from.address)} ${write(ends.to.address)} ${ends.from.port} ${ends.to.port}\r\n`,
    'latin1',
  );
};

const binaryHeader = (ends: Ends): Buffer => {
  const family = familyOf(ends);
  // LOCAL, no addresses: the receiver takes those of the connection.
  if (family === undefined) return Buffer.concat([SIGNATURE, Buffer.from([0x20, 0x00, 0, 0])]);
  const bytes = family === 'TCP4' ? fourBytes : sixBytes;
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(ends.from.port, 0);
  ports.writeUInt16BE(ends.to.port, 2);
  const body = Buffer.concat([bytes(ends.from.address), bytes(ends.to.address), ports]);
  return Buffer.concat([SIGNATURE, Buffer.from([0x21, family === 'TCP4' ? 0x11 : 0x21, 0, body.length]), body]);
};

const fourBytes = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

const sixBytes = (address: string): Buffer => {
  const text = sixOf(address).replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = text.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const all = tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
};

export type ProxyHeaderRead =
  | { readonly is: 'whole'; readonly bytes: number; readonly ends?: Ends }
  | { readonly is: 'partial' }
  | { readonly is: 'wrong'; readonly why: string };

const wrong = (why: string): ProxyHeaderRead => ({ is: 'wrong', why });

/** Reads the header at the begin of what has come so far. `ends` is absent where the sender speaks for itself or does not know. */
export const readProxyHeader = (data: Buffer): ProxyHeaderRead => {
  const common = Math.min(data.length, SIGNATURE.length);
  if (data.subarray(0, common).equals(SIGNATURE.subarray(0, common)))
    return data.length < SIGNATURE.length + 4 ? { is: 'partial' } : readBinary(data);
  const begin = 'PROXY '.slice(0, data.length);
  if (data.subarray(0, begin.length).toString('latin1') !== begin) return wrong('the connection does not begin with a PROXY header');
  const end = data.subarray(0, LINE_MAX).indexOf('\r\n');
  if (end < 0) return data.length < LINE_MAX ? { is: 'partial' } : wrong(`a PROXY line is at most ${LINE_MAX} bytes long`);
  return readText(data.subarray(0, end).toString('latin1'), end + 2);
};

const readText = (line: string, bytes: number): ProxyHeaderRead => {
  const [, family, from = '', to = '', fromPort = '', toPort = '', ...more] = line.split(' ');
  if (family === 'UNKNOWN') return { is: 'whole', bytes };
  const is = family === 'TCP4' ? isIPv4 : isIPv6;
  const isPort = (port: string): boolean => /^(0|[1-9]\d{0,4})$/.test(port) && Number(port) <= 65_535;
  const isRight = (family === 'TCP4' || family === 'TCP6') && is(from) && is(to) && isPort(fromPort) && isPort(toPort);
  if (!isRight || more.length > 0) return wrong('the PROXY line is not `PROXY TCP4|TCP6 <from> <to> <port> <port>`');
  return {
    is: 'whole',
    bytes,
    ends: { from: { address: plainAddress(from), port: Number(fromPort) }, to: { address: plainAddress(to), port: Number(toPort) } },
  };
};

const readBinary = (data: Buffer): ProxyHeaderRead => {
  const [versionAndCommand = 0, family = 0] = data.subarray(SIGNATURE.length);
  const length = data.readUInt16BE(SIGNATURE.length + 2);
  const at = SIGNATURE.length + 4;
  const bytes = at + length;
  if (versionAndCommand >> 4 !== 2 || (versionAndCommand & 0x0f) > 1) return wrong('the PROXY header is of an unknown version or command');
  if (bytes > BINARY_MAX) return wrong(`a PROXY header is at most ${BINARY_MAX} bytes long`);
  if (data.length < bytes) return { is: 'partial' };
  const isLocal = (versionAndCommand & 0x0f) === 0;
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (isLocal || size === 0) return { is: 'whole', bytes };
  if (length < size * 2 + 4) return wrong('the PROXY header is too short for its addresses');
  const address = (start: number): string => textOf(data.subarray(start, start + size));
  const port = (nth: number): number => data.readUInt16BE(at + size * 2 + nth * 2);
  return {
    is: 'whole',
    bytes,
    ends: { from: { address: address(at), port: port(0) }, to: { address: address(at + size), port: port(1) } },
  };
};

const textOf = (bytes: Buffer): string => {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, nth) => bytes.readUInt16BE(nth * 2).toString(16));
  if (groups.slice(0, 6).join() === '0,0,0,0,0,ffff') return [...bytes.subarray(12)].join('.');
  // The URL parser writes IPv6 in its canonical form (RFC 5952).
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
};
