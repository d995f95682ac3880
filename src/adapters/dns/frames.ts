const LENGTH_BYTES = 2;

/** A message as it goes over TCP: its length in front (RFC 1035, 4.2.2). */
export const framed = (message: Buffer): Buffer => {
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + message.length);
  frame.writeUInt16BE(message.length, 0);
  message.copy(frame, LENGTH_BYTES);
  return frame;
};

/** Finds the messages in what comes in pieces. At most one unfinished message is kept, which is 64 KiB. */
export const frames = (onMessage: (message: Buffer) => void): ((piece: Buffer) => void) => {
  let pieces: Buffer[] = [];
  let held = 0;
  return (piece) => {
    pieces.push(piece);
    held += piece.length;
    if (held < LENGTH_BYTES) return;
    if (pieces.length > 1 && (pieces[0]?.length ?? 0) < LENGTH_BYTES) pieces = [Buffer.concat(pieces)];
    // Joined once a message is whole, not with every byte.
    if (held < LENGTH_BYTES + (pieces[0] as Buffer).readUInt16BE(0)) return;
    let rest = pieces.length > 1 ? Buffer.concat(pieces) : (pieces[0] as Buffer);
    while (rest.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + rest.readUInt16BE(0);
      if (rest.length < end) break;
      onMessage(rest.subarray(LENGTH_BYTES, end));
      rest = rest.subarray(end);
    }
    pieces = rest.length === 0 ? [] : [rest];
    held = rest.length;
  };
};
