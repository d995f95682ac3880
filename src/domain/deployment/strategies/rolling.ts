import { z } from 'zod';
import { before, type Course, fresh, isThere, wanted } from '../kit/course.ts';
import { strategy } from '../kit/define.ts';
import { approval, want } from '../kit/owes.ts';

const parameters = z.strictObject({
  /** New instances per batch; all at once where absent. */
  batchSize: z.int().min(1).optional(),
  /** Rest between two batches, s. */
  pauseSeconds: z.number().min(0).max(86_400).default(0),
  /** After these batches somebody has to say that it may go on; 1 is the first. */
  approveAfter: z.array(z.int().min(1)).default([]),
  /** After each batch but the last. */
  approveEach: z.boolean().default(false),
});

type Parameters = z.infer<typeof parameters>;
type Memory = { readonly batch: number };
type Rolling = Course<Parameters, Memory>;

/** How many of the new version there are to be with the batch that is under way. */
const reached = (course: Rolling): number => {
  const { batchSize } = course.parameters;
  return batchSize === undefined ? wanted(course) : Math.min(wanted(course), batchSize * course.memory.batch);
};

const isLast = (course: Rolling): boolean => reached(course) >= wanted(course);
const batchIsReady = (course: Rolling): boolean => !isLast(course) && fresh(course).ready >= reached(course);
const mustAsk = (course: Rolling): boolean =>
  batchIsReady(course) && (course.parameters.approveEach || course.parameters.approveAfter.includes(course.memory.batch));

/** Of the old ones as many stay as the batches to come will replace; all others only for as long as they must serve. */
const goal = (course: Rolling) => ({
  new: reached(course),
  old: isLast(course) ? 0 : Math.min(before(course), wanted(course) - reached(course)),
});
const nextBatch = ({ memory }: Rolling): Memory => ({ batch: memory.batch + 1 });

export const rolling = strategy(
  {
    id: 'rolling.v2',
    description: 'New instances come as the capacity allows, old ones go as new ones become ready.',
    parameters,
    memory: { batch: 1 },
  },
  {
    initial: 'rolling',
    states: {
      rolling: {
        description: 'A batch of new instances comes.',
        entry: want(goal),
        on: {
          SlotsChanged: [
            { guard: isThere, target: 'succeeded' },
            { guard: mustAsk, target: 'asking' },
            { guard: batchIsReady, target: 'resting' },
          ],
        },
      },
      asking: {
        description: 'A batch serves, and somebody looks at it.',
        entry: [want(goal), approval(({ memory }) => `Batch ${memory.batch} serves. Go on with the next one?`)],
        on: { DeploymentApproved: { target: 'resting' } },
      },
      resting: {
        description: 'A batch serves for a while before the next one.',
        entry: want(goal),
        after: { pause: { target: 'rolling', remember: nextBatch } },
      },
    },
    delays: { pause: ({ parameters: { pauseSeconds } }) => pauseSeconds * 1000 },
  },
);
