import { z } from 'zod';
import { gateSpecs } from '../../gate/gate.facts.ts';
import { before, type Course, fresh, isThere, wanted } from '../kit/course.ts';
import { strategy } from '../kit/define.ts';
import { approval, gates, traffic, want } from '../kit/owes.ts';
import { beside, besideOne } from '../kit/want.ts';

const step = z.strictObject({
  /** Share of new requests, percent. */
  weight: z.number().min(0).max(100),
  /** How long it stays so before the next step, s. */
  seconds: z
    .number()
    .min(0)
    .max(7 * 86_400)
    .default(0),
  /** Instances of the new version; as many as the weight asks for where absent, and one at least. */
  instances: z.int().min(1).optional(),
  /** Somebody has to say that the next step may come. */
  approve: z.boolean().default(false),
});

const parameters = z.strictObject({
  steps: z
    .array(step)
    .min(1)
    .max(100)
    .default([
      { weight: 5, seconds: 300, approve: false },
      { weight: 25, seconds: 300, approve: false },
      { weight: 50, seconds: 300, approve: false },
    ]),
  /** Judged at every step; one that fails sends everybody back. */
  gates: gateSpecs.default([]),
});

type Parameters = z.infer<typeof parameters>;
/** `step` is the one under way, from 0; `shifted` is the share that the step before left. */
type Memory = { readonly step: number; readonly shifted: number };
type Canary = Course<Parameters, Memory>;

const stepOf = ({ parameters: { steps }, memory }: Canary) => steps[memory.step];
const weightOf = (course: Canary): number => stepOf(course)?.weight ?? 100;

/** As many of the new version as its share of the requests asks for. */
const canaries = (course: Canary): number => {
  const now = stepOf(course);
  const count = now === undefined ? wanted(course) : (now.instances ?? Math.max(1, Math.ceil((wanted(course) * now.weight) / 100)));
  return besideOne(course, Math.min(wanted(course), count));
};

/** The old version stays whole, as far as there is room for both. */
const both = (course: Canary) => beside(course, canaries(course));
const asBefore = ({ memory }: Canary) => ({ new: memory.shifted });
const asNow = (course: Canary) => ({ new: weightOf(course) });
const areReady = (course: Canary): boolean => fresh(course).ready >= canaries(course);
const isPromoted = (course: Canary): boolean => stepOf(course) === undefined;
const judges = ({ parameters }: Canary): boolean => parameters.gates.length > 0;
const asks = (course: Canary): boolean => stepOf(course)?.approve === true;
const nextStep = (course: Canary): Memory => ({ step: course.memory.step + 1, shifted: weightOf(course) });

export const canary = strategy(
  {
    id: 'canary.v1',
    description: 'The new version gets a growing share of the requests, and is judged at each step.',
    parameters,
    memory: { step: 0, shifted: 0 },
  },
  {
    initial: 'shielding',
    states: {
      shielding: {
        description: 'New requests go to the old version only, before there is anything else.',
        entry: [want((course) => ({ new: 0, old: before(course) })), traffic(asBefore)],
        on: { TrafficShifted: 'growing' },
      },
      growing: {
        description: 'As many of the new version come as the step asks for.',
        entry: [want(both), traffic(asBefore)],
        on: {
          SlotsChanged: { guard: areReady, target: 'shifting' },
        },
      },
      shifting: {
        description: 'Its share of the requests is sent to the new version.',
        entry: [want(both), traffic(asNow)],
        on: {
          TrafficShifted: [{ guard: isPromoted, target: 'retiring' }, { guard: judges, target: 'judging' }, { target: 'soaking' }],
        },
      },
      judging: {
        description: 'The new version serves its share, and is judged.',
        entry: [want(both), traffic(asNow), gates(({ parameters }) => parameters.gates)],
        on: { GatesPassed: 'soaking' },
      },
      soaking: {
        description: 'The new version serves its share for a while.',
        entry: [want(both), traffic(asNow)],
        after: {
          step: [
            { guard: asks, target: 'asking' },
            { target: 'growing', remember: nextStep },
          ],
        },
      },
      asking: {
        description: 'The new version serves its share, and somebody looks at it.',
        entry: [want(both), traffic(asNow), approval((course) => `The new version serves ${weightOf(course)} %. Go on?`)],
        on: { DeploymentApproved: { target: 'growing', remember: nextStep } },
      },
      retiring: {
        description: 'The new version serves everybody; the old one ends.',
        entry: [want((course) => ({ new: wanted(course), old: 0 })), traffic(() => ({ new: 100 }))],
        on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
      },
    },
    delays: { step: (course) => (stepOf(course)?.seconds ?? 0) * 1000 },
  },
);
