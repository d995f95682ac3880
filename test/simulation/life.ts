import type { SimulatedClock } from '../../src/adapters/clock/simulatedClock.ts';
import type { Clock, EventLog, StoredFact } from '../../src/domain/kernel/ports.ts';
import type { Instant } from '../../src/domain/kernel/units.ts';
import type { HostRuntime, RunSpec } from '../../src/domain/ports/hosts.ts';

/**
 * One life of the engine's process. Once it is over nothing of it goes on: its timers are silent, what it had asked is never
 * answered, and what it would still ask reaches nobody. What a host was already told goes on there.
 */
export type Life = {
  readonly isOver: boolean;
  /** Places where the process may die: before and after each append and each changing call to a host. */
  readonly passed: number;
  /** Dies at the nth such place from now. */
  dieAfter(places: number): void;
  end(): void;
  /** Passes one place; false when the process died there. */
  pass(): boolean;
};

export const createLife = (onEnd: () => void): Life => {
  let over = false;
  let passed = 0;
  let last = Number.POSITIVE_INFINITY;
  const end = (): void => {
    if (over) return;
    over = true;
    onEnd();
  };
  return {
    get isOver() {
      return over;
    },
    get passed() {
      return passed;
    },
    dieAfter: (places) => {
      last = passed + places;
    },
    end,
    pass: () => {
      if (over) return false;
      passed += 1;
      if (passed >= last) end();
      return !over;
    },
  };
};

const never = <T>(): Promise<T> => new Promise<T>(() => {});

/** Answers only while the process that asked is alive. */
const heard = async <T>(life: Life, answer: Promise<T>): Promise<T> => {
  const value = await answer;
  return life.isOver ? never<T>() : value;
};

const aroundChange = async <T>(life: Life, change: () => Promise<T>): Promise<T> => {
  if (!life.pass()) return never<T>();
  const value = await heard(life, change());
  return life.pass() ? value : never<T>();
};

export const clockOf = (life: Life, clock: SimulatedClock): Clock => ({
  now: clock.now,
  schedule: (after, callback) => clock.schedule(after, () => !life.isOver && callback()),
});

/** A fact as another process reads it: nothing decoded yet. */
export const asStored = (stored: StoredFact): StoredFact => {
  const { fact: _, ...rest } = stored;
  return rest;
};

/** @param written tells whether this process wrote a fact itself, and so may keep it decoded */
export const logOf = (life: Life, log: EventLog, written: (fact: StoredFact) => boolean): EventLog => {
  const read = (facts: readonly StoredFact[]): readonly StoredFact[] => facts.map((fact) => (written(fact) ? fact : asStored(fact)));
  return {
    append: (stream, expected, facts) => aroundChange(life, () => log.append(stream, expected, facts)),
    readStream: async (stream, options) => read(await heard(life, log.readStream(stream, options))),
    readAll: async (options) => read(await heard(life, log.readAll(options))),
    head: log.head,
    subscribe: (after, onFacts) =>
      heard(
        life,
        log.subscribe(after, (facts) => !life.isOver && onFacts(read(facts))),
      ),
    close: async () => {},
  };
};

export type Told = {
  readonly kind: 'run' | 'stop' | 'remove';
  readonly node: string;
  readonly instance: string;
  readonly at: Instant;
  readonly spec?: RunSpec;
};

/** @param onTold sees what a host is told, at the moment it is told */
export const telling = (node: string, host: HostRuntime, onTold: (told: Omit<Told, 'at'>) => void): HostRuntime => {
  const told =
    <T>(what: Omit<Told, 'node' | 'at'>, ask: () => Promise<T>) =>
    (): Promise<T> => {
      onTold({ ...what, node });
      return ask();
    };
  return {
    ...host,
    run: (spec) => told({ kind: 'run', instance: spec.instance, spec }, host.run(spec)),
    stop: (instance, options) => told({ kind: 'stop', instance }, host.stop(instance, options)),
    remove: (instance) => told({ kind: 'remove', instance }, host.remove(instance)),
  };
};

/** @param onChange is called whenever a host is told to change something */
export const hostOf = (life: Life, host: HostRuntime, onChange: () => void): HostRuntime => {
  const asked =
    <T>(ask: () => Promise<T>) =>
    (): Promise<T> =>
      life.isOver ? never<T>() : heard(life, ask());
  const told =
    <T>(ask: () => Promise<T>) =>
    (): Promise<T> =>
      aroundChange(life, () => {
        onChange();
        return ask();
      });
  return {
    ...host,
    ping: () => asked(host.ping()),
    offer: () => asked(host.offer()),
    inventory: () => asked(host.inventory()),
    inspect: (instance) => asked(host.inspect(instance)),
    observe: (onHint) => host.observe((hint) => !life.isOver && onHint(hint)),
    run: (spec) => told(host.run(spec)),
    stop: (instance, options) => told(host.stop(instance, options)),
    remove: (instance) => told(host.remove(instance)),
  };
};
