import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../src/main.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

test('a node of this machine that the operator removed stays removed, also when it was the only one', async () => {
  const options = { dataDir: temporaryFolder(), localNodes: true, listen: { port: 0 }, noAuth: true };
  const first = await startServer(options);
  onTestFinished(() => first.close().catch(() => undefined));
  expect([...first.engine.views.nodes.all()].map(({ id }) => id)).toEqual(['local']);
  expect((await fetch(`${first.url}/v1/nodes/local`, { method: 'DELETE' })).status).toBe(200);
  await first.close();
  const second = await startServer(options);
  onTestFinished(() => second.close().catch(() => undefined));
  expect([...second.engine.views.nodes.all()]).toEqual([]);
});
