import { either as E } from 'fp-ts';
import type { Owed } from '../domain/kernel/chart/state.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import { refusal } from '../domain/kernel/refusal.ts';
import type { Envelope } from './envelope.ts';
import type { Folded } from './folded.ts';
import { createResting } from './resting.ts';
import { createShells, type ShellPorts, type ShellRef, standsStill } from './shell.ts';

/** Folded streams kept in memory while their actors rest; the oldest goes first, and is read from the log when asked for again. */
export const RESTING_KEPT_MAX = 10_000;

export type Directory = {
  /** Brings a command to the stream's actor, which is started if it rests. */
  tell(stream: StreamName, envelope: Envelope): void;
  /** Starts an actor so that what its state owes is performed. */
  wake(stream: StreamName): void;
  /** Its history is no use: nothing is decided or performed for it any more, and whoever asks is told so. */
  quarantine(stream: StreamName, why: string): void;
  active(): number;
  quarantined(): ReadonlyMap<StreamName, string>;
  stop(): void;
};

type DirectoryPorts = Omit<ShellPorts, 'onIdle' | 'onCommitted' | 'onQuarantined'> & {
  onCommitted(stream: StreamName, folded: Folded, owed: readonly Owed[]): void;
  onQuarantined?(stream: StreamName, why: string): void;
};

/** Stream name → live actor. Actors stand beside each other; one that owes nothing is put to rest and is a row again. */
export const createDirectory = (ports: DirectoryPorts): Directory => {
  const shells = createShells();
  const actors = new Map<StreamName, ShellRef>();
  const resting = createResting(RESTING_KEPT_MAX);
  const quarantined = new Map<StreamName, string>();
  let stopped = false;

  const rest = (stream: StreamName, folded: Folded | undefined): void => {
    if (quarantined.has(stream) || (folded !== undefined && folded.chart.owes(folded.state) !== '')) return;
    const actor = actors.get(stream);
    if (actor !== undefined) shells.stop(actor);
    actors.delete(stream);
    if (folded === undefined || folded.chart.isFinal(folded.state)) return;
    resting.keep(stream, folded);
  };

  const quarantine = (stream: StreamName, why: string): void => {
    if (quarantined.has(stream)) return;
    quarantined.set(stream, why);
    ports.onQuarantined?.(stream, why);
  };

  const shellPorts: ShellPorts = {
    ...ports,
    onIdle: rest,
    onQuarantined: quarantine,
  };

  const actorOf = (stream: StreamName): ShellRef => {
    let actor = actors.get(stream);
    if (actor === undefined) {
      const rested = resting.take(stream);
      actor = shells.start({ stream, ports: shellPorts, ...(rested !== undefined && { rested }) });
      actors.set(stream, actor);
    }
    return actor;
  };

  return {
    tell: (stream, envelope) => {
      if (stopped) envelope.settle?.(E.left(refusal('unavailable', 'The engine stops.')));
      else if (quarantined.has(stream)) envelope.settle?.(E.left(standsStill(stream, quarantined.get(stream))));
      else actorOf(stream).send({ type: 'deliver', envelope });
    },
    wake: (stream) => {
      if (!stopped && !quarantined.has(stream)) actorOf(stream);
    },
    quarantine,
    active: () => actors.size,
    quarantined: () => quarantined,
    stop: () => {
      stopped = true;
      for (const actor of actors.values()) shells.end(actor);
      actors.clear();
    },
  };
};
