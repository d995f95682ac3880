import { either as E } from 'fp-ts';
import { absolutePathId } from '../../domain/app/definition/pathId.ts';
import { PLACELESS } from '../../domain/instance/instance.states.ts';
import { isoInstant } from '../../domain/kernel/units.ts';
import { accountOf, requestOf } from '../../domain/placement/account.ts';
import type { Ledger } from '../../domain/placement/ledger.ts';
import type { Reservation } from '../../domain/placement/node.ts';
import { remediesOf } from '../../domain/placement/remedy.ts';
import type { PlacementRequest } from '../../domain/placement/request.ts';
import { type Surveyed, survey, turnedAway } from '../../domain/placement/survey.ts';
import { type Smallest, smallestOf } from '../../domain/placement/tryOut.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { InstanceRow, Views } from '../../domain/ports/views.ts';
import type { NoAnswer } from '../../domain/ports/why.ts';
import type { Waiting, WhyWaiting } from '../../domain/ports/whyNot.ts';
import { isCordoned } from './whyNot.ts';

/** Nodes for which changes are tried out: those that fail the fewest filters. */
export const TRIED_MAX = 200;
const NAMED_MAX = 10;

/** Why instances of an app wait at a position, and the smallest change anywhere that lets one of them run. */
export const whyWaiting = (past: Past, app: string, position: number): E.Either<NoAnswer, WhyWaiting> => {
  const views = past.views(position);
  const id = absolutePathId(app);
  const row = views.apps.get(id);
  const rows = views.instances.ofApp(id).filter(({ state }) => PLACELESS.has(state));
  if (row === undefined && rows.length === 0)
    return E.left({ code: 'not-found', message: `There was no app '${id}' at position ${position}` });
  const groups = [...Map.groupBy(rows, ({ version, state }) => `${version} ${state}`).values()];
  const ledger = groups.length === 0 ? undefined : accountOf(views);
  const waiting = ledger === undefined ? [] : groups.flatMap((group) => waitingOf(group, views, ledger) ?? []);
  return E.right({
    app: id,
    position,
    waiting,
    ...(row?.deployment !== undefined && { deployment: row.deployment }),
    paragraph: inWords(id, waiting, row?.deployment),
  });
};

const waitingOf = (group: readonly InstanceRow[], views: Views, ledger: Ledger): Waiting | undefined => {
  const [first] = group.toSorted((a, b) => a.requestedAt - b.requestedAt);
  const definition = first === undefined ? undefined : views.apps.definition(first.app, first.version);
  if (first === undefined || definition === undefined) return undefined;
  const request = requestOf(definition, first.version);
  const surveyed = survey(request, ledger);
  const fitting = surveyed.filter(({ score }) => score !== undefined).length;
  const smallest = fitting > 0 ? undefined : smallestAnywhere(request, surveyed, views, ledger);
  return {
    version: first.version,
    count: group.length,
    instances: group.slice(0, NAMED_MAX).map(({ id }) => id),
    waitsFor: first.state === 'waiting' ? 'back-off' : 'place',
    since: isoInstant(first.requestedAt),
    ...(first.notBefore !== undefined && { until: isoInstant(first.notBefore) }),
    nodes: surveyed.length,
    excluded: turnedAway(surveyed),
    failing: allFailing(surveyed),
    fitting,
    ...(smallest !== undefined && { smallest: { node: smallest.node, changes: smallest.changes } }),
  };
};

const failuresOf = ({ verdicts }: Surveyed): readonly string[] => verdicts.filter(({ passes }) => !passes).map(({ filter }) => filter);

const allFailing = (surveyed: readonly Surveyed[]): Readonly<Record<string, number>> =>
  turnedAway(surveyed.flatMap((each) => each.verdicts.filter(({ passes }) => !passes).map(({ filter }) => ({ failing: filter }))));

const smallestAnywhere = (
  request: PlacementRequest,
  surveyed: readonly Surveyed[],
  views: Views,
  ledger: Ledger,
): (Smallest & { readonly node: string }) | undefined => {
  const nearest = surveyed.toSorted((a, b) => failuresOf(a).length - failuresOf(b).length).slice(0, TRIED_MAX);
  const held = heldBy(views, ledger);
  let best: (Smallest & { readonly node: string }) | undefined;
  for (const { node } of nearest) {
    const remedies = remediesOf(request, ledger, node, isCordoned(views.nodes.get(node)?.state ?? ''), held.get(node) ?? []) ?? [];
    const smallest = smallestOf(remedies, request, ledger, node);
    if (smallest !== undefined && (best === undefined || isSmaller(smallest, best))) best = { ...smallest, node };
  }
  return best;
};

/** Who holds what, by node: asked once for all of them. */
const heldBy = (views: Views, ledger: Ledger): ReadonlyMap<string, readonly Reservation[]> =>
  Map.groupBy(
    [...views.instances.live()].flatMap(({ id }) => ledger.reservation(id) ?? []),
    ({ node }) => node,
  );

const isSmaller = ({ size: [steps, share] }: Smallest, { size: [most, mostShare] }: Smallest): boolean =>
  steps < most || (steps === most && share < mostShare);

const inWords = (app: string, waiting: readonly Waiting[], deployment: string | undefined): readonly string[] => [
  ...(waiting.length === 0 ? [`No instance of ${app} waited for a place or for its back-off.`] : waiting.flatMap(groupInWords)),
  ...(deployment === undefined ? [] : [`Deployment ${deployment} moves it; ask why of that, too.`]),
];

const groupInWords = ({ count, version, waitsFor, since, until, nodes, excluded, fitting, smallest }: Waiting): readonly string[] => {
  const who = `${count} ${count === 1 ? 'instance' : 'instances'} of version ${version} ${count === 1 ? 'waits' : 'wait'}`;
  if (waitsFor === 'back-off')
    return [`${who} since ${since} because earlier launches failed${until === undefined ? '' : `, until ${until} at the earliest`}.`];
  const filters = Object.entries(excluded)
    .toSorted(([, a], [, b]) => b - a)
    .map(([filter, turned]) => `${filter} turns away ${turned}`);
  return [
    `${who} for a place since ${since}.`,
    fitting > 0
      ? `${fitting} of ${nodes} nodes would take one now: it is about to be placed.`
      : nodes === 0
        ? 'There is no node in the pool.'
        : `Of ${nodes} ${nodes === 1 ? 'node' : 'nodes'} none takes one: ${filters.join(', ')}.`,
    ...(fitting > 0 || nodes === 0
      ? []
      : [
          smallest === undefined
            ? 'No change that is known here lets one run.'
            : `The smallest change that lets one run, on node ${smallest.node}: ${smallest.changes.map(({ text }) => text).join(', and ')}.`,
        ]),
  ];
};
