import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pieceReader } from '../../src/snapshots/pieceReader.ts';
import { pieceWriter } from '../../src/snapshots/pieceWriter.ts';

const cell = fc.oneof(
  fc.tuple(fc.constant('uint' as const), fc.maxSafeNat()),
  fc.tuple(fc.constant('number' as const), fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constant(-0))),
  fc.tuple(fc.constant('word' as const), fc.oneof(fc.constantFrom('running', 'lost', ''), fc.string({ unit: 'binary' }))),
  fc.tuple(fc.constant('text' as const), fc.oneof(fc.uuid(), fc.string({ unit: 'binary' }))),
  fc.tuple(
    fc.constant('plain' as const),
    fc.jsonValue({ noUnicodeString: false }).filter((value) => !JSON.stringify(value).includes('-0')),
  ),
  fc.tuple(
    fc.constant('whole' as const),
    fc.array(fc.tuple(fc.string(), fc.uint8Array({ maxLength: 20_000 }))).map((entries) => new Map(entries)),
  ),
);

describe('pieces of a snapshot', () => {
  it('are read as they were written, whatever stands in a row and however many rows there are', () => {
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 8 }), { maxLength: 200 }), (rows) => {
        const pieces: Uint8Array[] = [];
        const writer = pieceWriter((piece) => pieces.push(piece));
        for (const row of rows) {
          for (const [kind, value] of row) (writer[kind] as (value: unknown) => void)(value);
          writer.rowEnd();
        }
        writer.uint(0);
        writer.end();
        const reader = pieceReader();
        reader.feed(pieces.shift() as Uint8Array);
        for (const row of rows) {
          for (const [kind, value] of row) expect(reader[kind]()).toEqual(value);
          if (reader.rowEnd()) reader.feed(pieces.shift() as Uint8Array);
        }
        expect(reader.uint()).toBe(0);
        expect(reader.rowEnd()).toBe(true);
        expect(pieces).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('end where a row would begin behind 262,144 bytes', () => {
    const pieces: Uint8Array[] = [];
    const writer = pieceWriter((piece) => pieces.push(piece));
    for (let row = 0; row < 20_000; row++) {
      writer.text(`instance-${row}`.padEnd(100, '.'));
      writer.rowEnd();
    }
    writer.end();
    expect(pieces.length).toBe(8);
    for (const piece of pieces) expect(piece.length).toBeLessThan(263_000);
  });

  it('tell that they are cut short instead of reading on', () => {
    const pieces: Uint8Array[] = [];
    const writer = pieceWriter((piece) => pieces.push(piece));
    writer.text('a text');
    writer.end();
    const reader = pieceReader();
    reader.feed(pieces[0] as Uint8Array);
    reader.text();
    expect(() => reader.uint()).toThrow('ends too early');
  });
});
