import type { Owed } from '../domain/kernel/chart/state.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import type { Envelope } from './envelope.ts';
import { type Folded, type ShellPorts, type ShellRef, startShell } from './shell.ts';

/** Folded streams kept in memory while their actors rest; the oldest goes first, and is read from the log when asked for again. */
export const RESTING_KEPT_MAX = 200_000;

export type Directory = {
  /** Brings a command to the stream's actor, which is started if it rests. */
  tell(stream: StreamName, envelope: Envelope): void;
  /** Starts an actor so that what its state owes is performed. */
  wake(stream: StreamName): void;
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
  const actors = new Map<StreamName, ShellRef>();
  const resting = new Map<StreamName, Folded>();
  const quarantined = new Map<StreamName, string>();
  let stopped = false;

  const rest = (stream: StreamName, folded: Folded | undefined): void => {
    if (quarantined.has(stream) || (folded !== undefined && folded.chart.owes(folded.state) !== '')) return;
    actors.get(stream)?.stop();
    actors.delete(stream);
    if (folded === undefined || folded.chart.isFinal(folded.state)) return;
    resting.set(stream, folded);
    if (resting.size > RESTING_KEPT_MAX) resting.delete(resting.keys().next().value as StreamName);
  };

  const shellPorts: ShellPorts = {
    ...ports,
    onIdle: rest,
    onQuarantined: (stream, why) => {
      quarantined.set(stream, why);
      ports.onQuarantined?.(stream, why);
    },
  };

  const actorOf = (stream: StreamName): ShellRef => {
    let actor = actors.get(stream);
    if (actor === undefined) {
      const rested = resting.get(stream);
      resting.delete(stream);
      actor = startShell({ stream, ports: shellPorts, ...(rested !== undefined && { rested }) });
      actors.set(stream, actor);
    }
    return actor;
  };

  return {
    tell: (stream, envelope) => {
      if (!stopped) actorOf(stream).send({ type: 'deliver', envelope });
    },
    wake: (stream) => {
      if (!stopped) actorOf(stream);
    },
    active: () => actors.size,
    quarantined: () => quarantined,
    stop: () => {
      stopped = true;
      for (const actor of actors.values()) actor.stop();
      actors.clear();
    },
  };
};
