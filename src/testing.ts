/**
 * For tests of whoever runs an engine: an exported incident becomes a fixture. The package's entry `wharfinger/testing`.
 *
 * ```ts
 * import { expectHistory } from 'wharfinger/testing';
 *
 * test('the incident of Monday', async () => {
 *   const monday = await expectHistory('fixtures/monday.jsonl.zst');
 *   monday.toRefold();
 *   monday.toContainStory([{ type: 'NodeBecameUnreachable', of: 'node-n7' }, 'InstanceBecameUnreachable', 'InstanceRequested']);
 *   monday.toEndWith(({ apps }) => apps.get('/web')?.definition.instances === 4);
 * });
 * ```
 */
export { type ExpectedHistory, expectHistory, historyOf, type StoryStep } from './replay/expectHistory.ts';
export type { ReadOptions } from './replay/readHistory.ts';
