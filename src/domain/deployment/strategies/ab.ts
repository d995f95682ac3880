import { z } from 'zod';
import { before, type Course, fresh, isThere, wanted } from '../kit/course.ts';
import { strategy } from '../kit/define.ts';
import { type RuleFor, traffic, want } from '../kit/owes.ts';
import { beside, besideOne } from '../kit/want.ts';

const token = z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'must be a token (RFC 9110 §5.6.2)');

const parameters = z.strictObject({
  /** Who gets the new version: by a header, a cookie, or a share of the clients, who then keep to what they got. */
  to: z
    .union([
      z.strictObject({ header: token, equals: z.string() }),
      z.strictObject({ cookie: token, equals: z.string() }),
      z.strictObject({ percent: z.number().min(0).max(100), cookie: token.default('wharf-ab') }),
    ])
    .default({ percent: 50, cookie: 'wharf-ab' }),
  /** Instances of the new version while it is tried; half of them where absent. */
  instances: z.int().min(1).optional(),
  /** Longest that it is tried, s. */
  seconds: z
    .number()
    .min(1)
    .max(90 * 86_400)
    .default(86_400),
  /** Who wins when nobody has chosen by then. */
  atDeadline: z.enum(['new', 'old']).default('old'),
});

type Parameters = z.infer<typeof parameters>;
type Trial = Course<Parameters>;

const tried = (course: Trial): number =>
  besideOne(course, Math.min(wanted(course), course.parameters.instances ?? Math.max(1, Math.ceil(wanted(course) / 2))));
/** All of the new version, as far as the old one leaves room for it. */
const promoted = (course: Trial): number => besideOne(course, wanted(course));
const both = (course: Trial) => beside(course, tried(course));
const rules = ({ parameters: { to } }: Trial): { new: number; rules: readonly RuleFor[] } => ({ new: 0, rules: [{ to: 'new', when: to }] });
const newWins = (course: Trial): boolean => course.winner === 'new';
const newWinsByDefault = ({ parameters: { atDeadline } }: Trial): boolean => atDeadline === 'new';

export const ab = strategy(
  {
    id: 'ab.v1',
    description: 'Some clients get the new version until a winner is chosen.',
    parameters,
  },
  {
    initial: 'shielding',
    states: {
      shielding: {
        description: 'New requests go to the old version only, before there is anything else.',
        entry: [want((course) => ({ new: 0, old: before(course) })), traffic(() => ({ new: 0 }))],
        on: { TrafficShifted: 'growing' },
      },
      growing: {
        description: 'Instances for the trial come.',
        entry: [want(both), traffic(() => ({ new: 0 }))],
        on: { SlotsChanged: { guard: (course) => fresh(course).ready >= tried(course), target: 'opening' } },
      },
      opening: {
        description: 'The rules of the trial are given to the balancer.',
        entry: [want(both), traffic(rules)],
        on: { TrafficShifted: 'trying' },
      },
      trying: {
        description: 'Some clients get the new version, and keep it.',
        entry: [want(both), traffic(rules)],
        on: { WinnerChosen: [{ guard: newWins, target: 'promoting' }, { target: 'failed' }] },
        after: {
          trial: [
            { guard: newWinsByDefault, target: 'promoting' },
            { target: 'failed', because: () => 'nobody chose a winner in time, and then the old version wins' },
          ],
        },
      },
      promoting: {
        description: 'All of the new version comes up.',
        entry: [want((course) => beside(course, promoted(course))), traffic(rules)],
        on: { SlotsChanged: { guard: (course) => fresh(course).ready >= promoted(course), target: 'switching' } },
      },
      switching: {
        description: 'New requests go to the new version.',
        entry: [want((course) => beside(course, promoted(course))), traffic(() => ({ new: 100 }))],
        on: { TrafficShifted: 'retiring' },
      },
      retiring: {
        description: 'The old version ends.',
        entry: [want((course) => ({ new: wanted(course), old: 0 })), traffic(() => ({ new: 100 }))],
        on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
      },
    },
    delays: { trial: ({ parameters: { seconds } }) => seconds * 1000 },
  },
);
