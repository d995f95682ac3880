import { INSTANCE, type InstanceFact } from '../../domain/instance/instance.facts.ts';
import { holdsResources } from '../../domain/instance/instance.states.ts';
import { keyOf, nounOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { accountOf, reservationOf } from '../../domain/placement/account.ts';
import type { Ledger } from '../../domain/placement/ledger.ts';
import type { Reservation } from '../../domain/placement/node.ts';
import type { PastLog } from '../../domain/ports/past.ts';
import type { Views } from '../../domain/ports/views.ts';

/** Facts around a decision that are looked at, before it and behind it. */
export const FACTS_AROUND = 500;

/** One account that may stand behind a decision. The next one is made from it: it is good until then. */
export type Behind = {
  readonly ledger: Ledger;
  /** Positions of facts that were taken back out of the account just before the decision, or into it. */
  readonly adjusted: readonly number[];
};

/**
 * Accounts that a decision may have been made by, the likeliest first: as of just before its fact; then without what was recorded between
 * the decision and its fact, and with what the scheduler had decided before and was recorded later.
 * @param since the fact that made the placement owed: nothing before it is in doubt
 */
export function* accountsBehind(past: PastLog, views: Views, decision: Recorded, since: number): Generator<Behind> {
  const ledger = accountOf(views);
  yield { ledger, adjusted: [] };
  const before = [...around(past, Math.max(since, decision.position - FACTS_AROUND), decision.position - 1, views)].reverse();
  const after = [...around(past, decision.position, decision.position + FACTS_AROUND, views)].filter(({ takes }) => takes);
  const isGiven = ({ takes }: Move): boolean => !takes;
  const isTaken = ({ takes }: Move): boolean => takes;
  yield* playing(ledger, before.filter(isGiven), 'back');
  yield* playing(ledger, after, 'on');
  yield* playing(ledger, before.filter(isTaken), 'back');
  if (before.some(isGiven) && before.some(isTaken)) yield* playing(ledger, before, 'back');
}

/** What a fact took from a node, or gave back to it. */
type Move = { readonly position: number; readonly takes: boolean; readonly reservation: Reservation };

/** One more at a time; all of it is undone at the end. */
function* playing(ledger: Ledger, moves: readonly Move[], way: 'back' | 'on'): Generator<Behind> {
  const done: Move[] = [];
  const play = ({ takes, reservation }: Move, forth: boolean): void => {
    if (takes === forth) ledger.add(reservation);
    else ledger.remove(reservation.instance);
  };
  for (const move of moves) {
    play(move, way === 'on');
    done.push(move);
    yield { ledger, adjusted: done.map(({ position }) => position).sort((a, b) => a - b) };
  }
  for (const move of done.reverse()) play(move, way !== 'on');
}

function* around(past: PastLog, after: number, upTo: number, views: Views): Generator<Move> {
  for (const recorded of past.between(after, upTo)) {
    const move = nounOf(recorded.stream) === INSTANCE && !past.isVoid(recorded) ? moveOf(past, recorded, views) : undefined;
    if (move !== undefined) yield move;
  }
}

const moveOf = (past: PastLog, { stream, position, revision, meta }: Recorded, views: Views): Move | undefined => {
  const facts = past.stream(stream, position);
  const held = facts.find((each) => each.revision === revision - 1)?.meta.state;
  const holds = holdsResources(meta.state);
  if ((held !== undefined && holdsResources(held)) === holds) return undefined;
  const requested = facts[0]?.fact as unknown as Extract<InstanceFact, { type: 'InstanceRequested' }>;
  const placed = facts.findLast(({ fact }) => fact.type === 'InstancePlaced')?.fact as unknown as
    | Extract<InstanceFact, { type: 'InstancePlaced' }>
    | undefined;
  if (requested.type !== 'InstanceRequested' || placed === undefined) return undefined;
  const { app, version } = requested;
  const reservation = reservationOf({ id: keyOf(stream), app, version, node: placed.node, hostPorts: placed.hostPorts }, views);
  return reservation === undefined ? undefined : { position, takes: holds, reservation };
};
