import { z } from 'zod';
import { gateSpecs } from '../../gate/gate.facts.ts';
import { before, type Course, isEmptyOfOld, isReady, isThere, wanted } from '../kit/course.ts';
import { strategy } from '../kit/define.ts';
import { approval, gates, traffic, want } from '../kit/owes.ts';
import { roomFor } from '../kit/want.ts';

const seconds = z
  .number()
  .min(0)
  .max(7 * 86_400);

const parameters = z.strictObject({
  /** Somebody has to say that the switch may come. */
  approve: z.boolean().default(false),
  /** How long the new version serves alone before it is trusted, s. */
  bakeSeconds: seconds.default(0),
  /** Judged while it bakes; one that fails switches back. */
  gates: gateSpecs.default([]),
  /** How long the old version is kept after that, whole and idle, so that going back is a switch, s. */
  keepSeconds: seconds.default(0),
});

type Parameters = z.infer<typeof parameters>;
/** `approved`: somebody has said that the switch may come, whenever the new version is whole. */
type Memory = { readonly approved: boolean };
type BlueGreen = Course<Parameters, Memory>;

/** More may be there than one version's: one that was taken over from in its midst left both of its own. */
const both = (course: BlueGreen) => ({ new: wanted(course), old: roomFor(course, wanted(course), before(course)) });
const allOld = () => ({ new: 0 });
const allNew = () => ({ new: 100 });
const asks = ({ parameters: { approve }, memory: { approved } }: BlueGreen): boolean => approve && !approved;
const judges = (course: BlueGreen): boolean => course.parameters.gates.length > 0;

export const bluegreen = strategy(
  {
    id: 'bluegreen.v1',
    description: 'The new version comes up whole beside the old one; then all requests are switched to it at once.',
    parameters,
    memory: { approved: false },
    needs: { maximumOverCapacity: 1 },
  },
  {
    initial: 'shielding',
    states: {
      shielding: {
        description: 'New requests go to the old version only, before there is anything else.',
        entry: [want((course) => ({ new: 0, old: before(course) })), traffic(allOld)],
        on: { TrafficShifted: 'greening' },
      },
      greening: {
        description: 'The new version comes up, and nobody is sent to it.',
        entry: [want(both), traffic(allOld)],
        on: {
          SlotsChanged: [
            { guard: (course) => isReady(course) && asks(course), target: 'asking' },
            { guard: isReady, target: 'switching' },
          ],
        },
      },
      asking: {
        description: 'The new version is whole and idle, and somebody looks at it.',
        entry: [want(both), traffic(allOld), approval('The new version is ready. Switch to it?')],
        on: {
          DeploymentApproved: [
            { guard: isReady, target: 'switching' },
            // Some were lost since it asked: they come again first.
            { target: 'greening', remember: () => ({ approved: true }) },
          ],
        },
      },
      switching: {
        description: 'New requests go to the new version.',
        entry: [want(both), traffic(allNew)],
        on: { TrafficShifted: [{ guard: judges, target: 'judging' }, { target: 'baking' }] },
      },
      judging: {
        description: 'The new version serves alone, and is judged.',
        entry: [want(both), traffic(allNew), gates(({ parameters }) => parameters.gates)],
        on: { GatesPassed: 'baking' },
      },
      baking: {
        description: 'The new version serves alone; the old one is whole beside it.',
        entry: [want(both), traffic(allNew)],
        after: { bake: 'keeping' },
      },
      keeping: {
        description: 'It is trusted; the old version is kept a while longer, so that going back is a switch.',
        entry: [want(both), traffic(allNew)],
        after: { keep: 'retiring' },
      },
      retiring: {
        description: 'The old version ends.',
        entry: [want((course) => ({ new: wanted(course), old: 0 })), traffic(allNew)],
        on: {
          SlotsChanged: [{ guard: (course) => isThere(course) && isEmptyOfOld(course), target: 'succeeded' }],
        },
      },
    },
    delays: {
      bake: ({ parameters: { bakeSeconds } }) => bakeSeconds * 1000,
      keep: ({ parameters: { keepSeconds } }) => keepSeconds * 1000,
    },
  },
);
