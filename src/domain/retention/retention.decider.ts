import { either as E } from 'fp-ts';
import { assign, setup } from 'xstate';
import { chartOf } from '../kernel/chart/chart.ts';
import { codecOf } from '../kernel/codec.ts';
import type { Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import type { RetentionCommand } from './retention.commands.ts';
import { type Archivable, RETENTION, type RetentionFact, retentionFacts } from './retention.facts.ts';

export type RetentionContext = {
  readonly policies: Readonly<Partial<Record<Archivable, number>>>;
  /** SHA-256 of the last archive: it is recorded once, however often that is asked for. */
  readonly last?: string;
  /** Id of the key that was destroyed last. */
  readonly key?: string;
};

const retentionChart = chartOf<RetentionContext, RetentionFact>(
  setup({
    types: { context: {} as RetentionContext, events: {} as RetentionFact },
    actions: {
      set: assign(({ context, event }) => {
        const { noun, keepDays } = event as Extract<RetentionFact, { type: 'RetentionPolicySet' }>;
        return { policies: { ...context.policies, [noun]: keepDays } };
      }),
      clear: assign(({ context, event }) => {
        const { [(event as Extract<RetentionFact, { type: 'RetentionPolicyCleared' }>).noun]: _, ...policies } = context.policies;
        return { policies };
      }),
      shred: assign(({ event }) => ({ key: (event as Extract<RetentionFact, { type: 'SubjectShredded' }>).key })),
      archive: assign(({ event }) => ({ last: (event as Extract<RetentionFact, { type: 'StreamsArchived' }>).sha256 })),
    },
  }).createMachine({
    id: 'retention.v1',
    context: { policies: {} },
    initial: 'kept',
    states: {
      kept: {
        on: {
          RetentionPolicySet: { actions: 'set' },
          RetentionPolicyCleared: { actions: 'clear' },
          StreamsArchived: { actions: 'archive' },
          SubjectShredded: { actions: 'shred' },
        },
      },
    },
  }),
);

export const retentionNoun: Noun<RetentionContext, RetentionCommand, RetentionFact> = {
  noun: RETENTION,
  charts: { [retentionChart.id]: retentionChart },
  chartFor: () => retentionChart.id,
  codec: codecOf<RetentionFact>(Object.fromEntries(Object.entries(retentionFacts).map(([type, schema]) => [type, { version: 1, schema }]))),
  decide: (command, { context }) => {
    switch (command.type) {
      case 'SetRetentionPolicy': {
        const { noun, keepDays } = command;
        return E.right(context.policies[noun] === keepDays ? [] : [{ type: 'RetentionPolicySet', noun, keepDays }]);
      }
      case 'ClearRetentionPolicy':
        return E.right(context.policies[command.noun] === undefined ? [] : [{ type: 'RetentionPolicyCleared', noun: command.noun }]);
      case 'RecordArchive': {
        const { type: _, ...archive } = command;
        if (context.last === archive.sha256) return E.right([]);
        const uncovered = Object.keys(archive.nouns).find((noun) => context.policies[noun as Archivable] === undefined);
        if (uncovered !== undefined) return E.left(refusal('illegal-in-state', `No policy lets streams of '${uncovered}' leave the log.`));
        return E.right([{ type: 'StreamsArchived', ...archive }]);
      }
      case 'ShredSubject': {
        const { type: _, ...shredded } = command;
        if (Object.keys(shredded.hidden).length === 0) return E.left(refusal('not-found', `Nothing is sealed for '${shredded.subject}'.`));
        return E.right(context.key === shredded.key ? [] : [{ type: 'SubjectShredded', ...shredded }]);
      }
    }
  },
};
