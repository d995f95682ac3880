import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { createWorld } from '../support/world.ts';

test('an engine whose lease is over before that it leads is written down does not start, and says why', async () => {
  const over = { holds: () => false, lost: Promise.resolve('the lease was not renewed') };
  await expect(createWorld({ log: memoryLog(), clock: systemClock(), reign: over })).rejects.toThrow('the lease was not renewed');
});
