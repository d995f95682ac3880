import { expect, onTestFinished, test } from 'vitest';
import { createElection } from '../../../../../src/adapters/log/esdb/client/election.ts';
import type { Wire } from '../../../../../src/adapters/log/esdb/client/wire.ts';

test('a lease that is given back while its renewal is under way is given back behind it', async () => {
  const types: string[] = [];
  const renewing = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  const append: Wire['append'] = async (_stream, expected, [event]) => {
    if (expected !== types.length - 1) return { _tag: 'WrongRevision', actual: types.length - 1 };
    types.push(event?.type ?? '');
    const revision = types.length - 1;
    if (event?.type === 'LeaseRenewed') {
      renewing.resolve();
      await answered.promise;
    }
    return { _tag: 'Appended', revision };
  };
  const election = createElection({ wire: { append, readStream: async () => [], setMetadata: async () => {} }, leaseMs: 400 });
  onTestFinished(election.close);
  const reign = await election.campaign({ holder: 'one', url: 'http://127.0.0.1:1' }, new AbortController().signal);
  await renewing.promise;
  const released = reign?.release();
  answered.resolve();
  await released;
  expect(types).toEqual(['LeaseClaimed', 'LeaseRenewed', 'LeaseReleased']);
});
