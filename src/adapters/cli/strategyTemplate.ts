/** A strategy of some forty lines: a few first, a rest, then all; with parameters, a memory and a question. */
export const strategyOf = (
  name: string,
): string => `import { before, fresh, isThere, roomFor, strategy, traffic, want, wanted, z } from 'wharfinger/strategy';

const parameters = z.strictObject({
  /** Instances of the new version that go first. */
  first: z.int().min(1).default(1),
  /** Share of new requests that they get, percent. */
  share: z.number().min(0).max(100).default(10),
  /** How long they serve before the others come, s. */
  seconds: z.number().min(0).default(60),
});

export default strategy(
  { id: '${name}.v1', description: 'A few go first and serve a while; then all others follow.', parameters },
  {
    initial: 'shielding',
    states: {
      shielding: {
        description: 'New requests go to the old version only, before there is anything else.',
        entry: [want((course) => ({ new: 0, old: before(course) })), traffic(() => ({ new: 0 }))],
        on: { TrafficShifted: 'trying' },
      },
      trying: {
        description: 'The first of the new version come, beside the old ones.',
        entry: [
          want((course) => ({ new: course.parameters.first, old: roomFor(course, course.parameters.first, before(course)) })),
          traffic(() => ({ new: 0 })),
        ],
        on: { SlotsChanged: { guard: (course) => fresh(course).ready >= Math.min(wanted(course), course.parameters.first), target: 'serving' } },
      },
      serving: {
        description: 'They serve their share for a while.',
        entry: [
          want((course) => ({ new: course.parameters.first, old: roomFor(course, course.parameters.first, before(course)) })),
          traffic(({ parameters }) => ({ new: parameters.share })),
        ],
        after: { rest: 'following' },
      },
      following: {
        description: 'All others follow; an old one goes whenever a new one is ready in its place.',
        entry: want((course) => ({ new: wanted(course), old: 0 })),
        on: { SlotsChanged: { guard: isThere, target: 'succeeded' } },
      },
    },
    delays: { rest: ({ parameters }) => parameters.seconds * 1000 },
  },
);
`;

/** A test by Node's own runner. */
export const testOf = (name: string): string => `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storyOf } from 'wharfinger/strategy';
import ${variable(name)} from './${name}.ts';

test('one goes first and gets its share; after a minute the others follow', () => {
  let now = storyOf(${variable(name)}, { instances: 4 });
  assert.equal(now.state, 'shielding');
  now = now.shifted();
  assert.deepEqual(now.wants, { new: 1, old: 4 });
  now = now.sees({ new: { ready: 1 }, old: { ready: 4 } });
  assert.equal(now.share, 10);
  now = now.waits();
  assert.equal(now.state, 'following');
  now = now.sees({ new: { ready: 4 } });
  assert.equal(now.state, 'releasing');
});

test('an abort goes back to the old version at any time', () => {
  const now = storyOf(${variable(name)}).shifted().aborted();
  assert.deepEqual([now.state, now.wants], ['returning', { new: 0, old: 4 }]);
});
`;

export const pageOf = (name: string): string => `# ${name}

A deployment strategy for Wharfinger. \`${name}.ts\` is a state machine: each state says what it wants to be true (\`want\`, \`traffic\`, \`gates\`,
\`approval\`), and by which facts or delays it goes on. Pause, abort, deadlines, commands before and after, and the way back are around it.

    wharf strategy draw ${name}.ts --svg ${name}.svg                          # look at it
    wharf strategy rehearse ${name}.ts --app web.json --hosts 20 --faults 7   # try it on a simulated cluster
    wharf serve --strategies .                                                # load it
    node --test                                                               # its test; needs \`npm install wharfinger\`

An app names it: \`"deployment": { "strategy": "${name}", "parameters": { "first": 2 } }\`.

A strategy imports \`wharfinger/strategy\` and files of its own folder, and has no clock, no dice and no variables: what it remembers is its
\`memory\`. A changed strategy needs a new version in its \`id\` (\`${name}.v2\`): what runs ends by the version that it began with.
`;

const variable = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()).replaceAll('-', '');
