import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { HeldViews, HistoryFault, VerifyProgress, VerifyReport, VerifySources } from '../../domain/ports/verification.ts';
import { chainAudit } from '../../domain/proof/chainAudit.ts';
import type { ChainedFact } from '../../domain/proof/chained.ts';
import { createViews } from '../../projections/views.ts';
import { compareViews } from './compareViews.ts';
import { leaders } from './leaders.ts';
import { refold } from './refold.ts';
import { witnessAudit } from './witnessAudit.ts';

const FAULTS_NAMED_MAX = 100;
/** Facts between two words about how far it is. */
const FACTS_PER_STEP = 2_000;

/**
 * Checks a whole history in one pass over its facts: the chains; every stream folded again, and with it each row of the roster; who led;
 * the views, where others hold some; what witnesses have seen. Memory grows with the streams that have not ended, and by some 40 bytes
 * for each that has; views are folded, as large as an engine's own, only where there are others to compare them with.
 */
export const verifyHistory = function* (sources: VerifySources): Generator<VerifyProgress, VerifyReport> {
  const { log, sha256, decode, learn, checkpointsOf } = sources;
  const faults: HistoryFault[] = [];
  let faultCount = 0;
  const report = (fault: HistoryFault): void => {
    faultCount++;
    if (faults.length < FAULTS_NAMED_MAX) faults.push(fault);
  };
  // Facts that come while it reads are another time's.
  const head = log.head();
  const identity = log.identity();
  const elsewhere = log.elsewhere?.() ?? 0;
  const chains = chainAudit({ sha256, report, isWhole: true, elsewhere });
  const streams = refold(report);
  const led = leaders(report);
  // A root is made of the heads of then, which can't be had while facts are out of reach.
  const witnessed = witnessAudit(elsewhere === 0 ? sources : { log, sha256 }, report);
  const held = [...(checkpointsOf?.(head) ?? [])].sort((a, b) => b.position - a.position);
  const viewsOf = held.map(({ holder }) => holder).toReversed();
  const views = held.length === 0 ? undefined : createViews();
  let voided = 0;

  const compareUpTo = (position: number): void => {
    for (let next = held.at(-1); next !== undefined && next.position <= position && views !== undefined; next = held.at(-1)) {
      held.pop();
      compareHeld(next);
    }
  };
  const compareHeld = ({ holder, position, views: theirs }: HeldViews): void => {
    for (const { view, key, detail } of compareViews(views as NonNullable<typeof views>, theirs()))
      report({ kind: 'view', stream: '', revision: -1, position, detail: `${view} of ${holder}: ${key} ${detail}` });
  };
  const read = (fact: ChainedFact): Recorded | undefined => {
    try {
      const recorded = decode(fact);
      learn?.(recorded);
      return recorded;
    } catch (error) {
      streams.give(fact, 'form', messageOf(error));
      return undefined;
    }
  };
  const take = (fact: ChainedFact): void => {
    chains.take(fact);
    witnessed.take(fact);
    if (led.isVoid(fact)) {
      voided++;
      return;
    }
    const recorded = read(fact);
    if (recorded === undefined) return;
    led.take(recorded);
    streams.take(fact.streamNumber, recorded);
    views?.take([recorded], ({ stream, revision, position }, error) =>
      report({ kind: 'view', stream, revision, position, detail: `no view takes it: ${messageOf(error)}` }),
    );
    compareUpTo(fact.position);
  };

  for (const detail of log.damagedArchives?.() ?? []) report({ kind: 'archive', stream: '', revision: -1, position: -1, detail });
  try {
    let step = 0;
    for (const fact of log.facts(0, head)) {
      take(fact);
      if (++step % FACTS_PER_STEP === 0) yield { position: fact.position, head, faultCount };
    }
    chains.end();
    witnessed.end(chains.head());
  } catch (error) {
    report({ kind: 'unreadable', stream: '', revision: -1, position: chains.head() + 1, detail: messageOf(error) });
  }
  return {
    facts: chains.facts(),
    streams: chains.streams(),
    ended: streams.ended(),
    head: chains.head(),
    ...(identity !== undefined && { log: identity }),
    elsewhere,
    void: voided,
    checkpoints: witnessed.checkpoints(),
    witnessedUpTo: witnessed.witnessedUpTo(),
    viewsOf,
    faults,
    faultCount,
  };
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
