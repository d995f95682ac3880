import { isEmptyOfOld, isThere, wanted } from '../kit/course.ts';
import { strategy } from '../kit/define.ts';
import { exactly } from '../kit/owes.ts';

/** For what can't run twice at once: all of the old ends before any of the new starts. */
export const recreate = strategy(
  {
    id: 'recreate.v2',
    description: 'Stops all of the old, then starts all of the new.',
    wayBack: 'recreate',
  },
  {
    initial: 'emptying',
    states: {
      emptying: {
        description: 'Old instances end; what the new version already has stays.',
        entry: exactly((course) => ({ new: wanted(course), old: 0, most: 0 })),
        on: {
          SlotsChanged: [
            { guard: isThere, target: 'succeeded' },
            { guard: isEmptyOfOld, target: 'filling' },
          ],
        },
      },
      filling: {
        description: 'New instances come.',
        entry: exactly((course) => ({ new: wanted(course), old: 0, most: wanted(course) })),
        on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
      },
    },
  },
);
