import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderForFile } from '../support/temporaryFolder.ts';
import { EVENT_CASES, STORY_TYPES, story } from './cases/events.ts';
import { lineOf } from './conform.ts';
import { type Event, type Listener, listenTo } from './listen.ts';
import { openStage, type Stage } from './stage.ts';

const GROUP = 'events';

describe(GROUP, () => {
  const folder = folderForFile();
  let stage: Stage;
  let live: Listener;
  let heard: readonly Event[] = [];
  beforeAll(async () => {
    stage = await openStage(folder, {});
    live = await listenTo(`${stage.url}/v2/events`, { 'last-event-id': '0.0' });
    await story(stage);
    heard = await live.waitFor((events) => STORY_TYPES.every((type) => events.some(({ event }) => event === type)));
  });
  afterAll(async () => {
    live?.close();
    await stage?.close();
  });

  test.for(EVENT_CASES)('$when', async ({ when, differs, look }, { task }) => {
    task.meta.conformance = lineOf(GROUP, { endpoint: 'GET /v2/events', when, ...(differs !== undefined && { differs }) });
    expect(heard.length).toBeGreaterThan(0);
    await look({ stage, live, heard });
  });
});
