import { either as E } from 'fp-ts';
import { describe, expect, it } from 'vitest';
import { momentPosition, parseMoment } from '../../../src/domain/kernel/moment.ts';

const NOW = Date.UTC(2030, 0, 7, 9);

describe('a moment', () => {
  it.each([
    ['41', { position: 41 }],
    ['-15m', { at: NOW - 900_000 }],
    ['-2h30m', { at: NOW - 9_000_000 }],
    ['-1.5d', { at: NOW - 129_600_000 }],
    ['-250ms', { at: NOW - 250 }],
    ['2030-01-06', { at: Date.UTC(2030, 0, 6) }],
    ['2030-01-06T10:30', { at: Date.UTC(2030, 0, 6, 10, 30) }],
    ['2030-01-06 10:30:05.25Z', { at: Date.UTC(2030, 0, 6, 10, 30, 5, 250) }],
    ['2030-01-06T10:30:00+02:00', { at: Date.UTC(2030, 0, 6, 8, 30) }],
    ['2028-02-29T00:00-01:30', { at: Date.UTC(2028, 1, 29, 1, 30) }],
    ['1969-12-31T23:59:59Z', { at: -1_000 }],
  ])('is read from %s', (text, moment) => {
    expect(parseMoment(text, NOW)).toEqual(E.right(moment));
  });

  it.each([
    '',
    'now',
    '-',
    '-15',
    '15m',
    '-m',
    '2030-13-01',
    '2030-01-06T25:00',
    '2030-02-29',
    '2030-00-01',
    '2030-04-31',
    '99999999999999999999',
    '1e5',
    '-5x',
  ])('is not read from %j', (text) => {
    expect(E.isLeft(parseMoment(text, NOW))).toBe(true);
  });

  it('means all that was recorded at or before it', () => {
    const past = { positionAt: (at: number) => (at < NOW ? 3 : 7) };
    expect([momentPosition(past, { at: NOW - 1 }), momentPosition(past, { at: NOW }), momentPosition(past, { position: 5 })]).toEqual([
      3, 7, 5,
    ]);
  });
});
