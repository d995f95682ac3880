import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../support/api.ts';
import { folderForFile } from '../support/temporaryFolder.ts';
import { type Case, type Names, named, type Wanted } from './case.ts';
import { type Answer, openStage, type Stage, type StageOptions } from './stage.ts';

/** What the table says of a case; the reporter reads it off the test. */
export type Line = {
  readonly group: string;
  readonly endpoint: string;
  readonly when: string;
  readonly expected: string;
  readonly differs?: string;
};

declare module 'vitest' {
  interface TaskMeta {
    conformance?: Line;
  }
}

type Options = StageOptions & {
  /** What all cases of the group take for given. */
  readonly prepare?: (stage: Stage) => Promise<Names>;
};

/** Asks the running engine every case of a group: one server for all of them, so no two cases use the same ids. */
export const conform = (group: string, cases: readonly Case[], { prepare, ...options }: Options = {}): void => {
  describe(group, () => {
    const folder = folderForFile();
    let stage: Stage;
    let common: Names = {};
    beforeAll(async () => {
      stage = await openStage(folder, options);
      common = (await prepare?.(stage)) ?? {};
    });
    afterAll(() => stage?.close());

    test.for(cases)('$endpoint: $when: $answers.status', async (each, { task }) => {
      const { endpoint, when, given, ask, answers, after, differs } = each;
      task.meta.conformance = lineOf(group, {
        endpoint,
        when,
        expected: String(answers.status),
        ...(differs !== undefined && { differs }),
      });
      const names = { ...common, ...(await given?.(stage)) };
      const answer = await stage.send(named(ask, names));
      compare(answer, named(answers, names));
      await after?.(stage, answer.body, names);
    });
  });
};

/** A line of the table; of what is no single request it is only said that it holds. */
export const lineOf = (group: string, line: Omit<Line, 'group' | 'expected'> & { readonly expected?: string }): Line => ({
  group,
  expected: 'holds',
  ...line,
});

const compare = (answer: Answer, { status, body, is, text, errors, headers = {}, without = [] }: Wanted): void => {
  expect(answer.status, answer.text.slice(0, 2000)).toBe(status);
  if (body !== undefined) expect(answer.body).toMatchObject(body);
  if (is !== undefined) expect(answer.body).toEqual(is);
  if (typeof text === 'string') expect(answer.text).toBe(text);
  if (text instanceof RegExp) expect(answer.text).toMatch(text);
  if (errors !== undefined) {
    const told = answer.body?.details?.map((detail: Json) => [detail.path, detail.errors]) ?? [];
    expect(Object.fromEntries(told)).toEqual(errors);
  }
  for (const [name, wanted] of Object.entries(headers)) expect(answer.headers.get(name), name).toMatch(exactly(wanted));
  for (const key of without) expect(Object.keys(answer.body ?? {})).not.toContain(key);
};

const exactly = (wanted: string | RegExp): RegExp =>
  typeof wanted === 'string' ? new RegExp(`^${wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`) : wanted;
