import { either as E } from 'fp-ts';
import type { Debt } from '../../src/actors/performer.ts';
import { createScheduler, type Scheduler } from '../../src/actors/scheduler.ts';
import type { AppDefinition } from '../../src/domain/app/definition/definition.ts';
import { parseApp } from '../../src/domain/app/definition/parse.ts';
import type { Command } from '../../src/domain/kernel/decider.ts';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import type { InstanceRow, NodeRow, Views } from '../../src/domain/ports/views.ts';

/** A host as a shape describes it. */
export type Host = {
  readonly cpus: number;
  readonly mem: number;
  readonly zone?: string;
  readonly attributes?: Readonly<Record<string, string>>;
};

/** An app as users write it, with the fields that placement looks at. */
export type App = Readonly<Record<string, unknown>> & { readonly id: string; readonly instances: number };

const VERSION = 'v1';

/**
 * The scheduler as the engine has it, its queue, its ledger and its explanations included, with nothing around it: what it decides is
 * counted and forgotten, a clock that stands still calls back at once, and views know what was put into them.
 */
export class Cluster {
  readonly scheduler: Scheduler;
  readonly #definitions = new Map<string, AppDefinition>();
  readonly #nodes = new Map<string, NodeRow>();
  readonly #instances = new Map<string, InstanceRow>();
  readonly #timers: (() => void)[] = [];
  /** Of the app whose instances may end: those with a place, in the order in which they got it. */
  readonly placedOf = new Map<string, string[]>();
  #asked = 0;
  placed = 0;
  deferred = 0;
  /** Cleared by whoever reads it: the last explanation. */
  last: Command | undefined;

  constructor() {
    const views = {
      apps: { definition: (app: string) => this.#definitions.get(app), get: () => undefined, all: () => [] },
      nodes: { get: (id: string) => this.#nodes.get(id), all: () => this.#nodes.values() },
      instances: { get: (id: string) => this.#instances.get(id), onNode: () => [], live: () => [] },
    } as unknown as Views;
    this.scheduler = createScheduler(
      views,
      {
        now: () => 0,
        schedule: (_after, callback) => {
          this.#timers.push(callback);
          return () => undefined;
        },
      },
      (stream, command) => this.#hear(stream, command),
    );
  }

  host(id: string, { cpus, mem, zone, attributes = {} }: Host): void {
    const row = {
      id,
      offer: { hostname: id, address: '10.0.0.1', portRanges: [[31_000, 63_999]], cpus, mem, disk: 1_000_000, gpus: 0 },
      endpoint: { kind: 'simulated' },
      attributes,
      roles: ['*'],
      state: 'attached.answering.ready',
      ...(zone !== undefined && { zone }),
    } as unknown as NodeRow;
    this.#nodes.set(id, row);
    this.#tell(`node-${id}`, 'NodeRegistered');
  }

  loseHost(id: string): void {
    this.#nodes.delete(id);
    this.#tell(`node-${id}`, 'NodeRemoved');
  }

  /** @throws Error where it is no valid definition */
  app(app: App): void {
    const parsed = parseApp({ cmd: 'serve', disk: 0, ...app });
    if (E.isLeft(parsed)) throw new Error(`${app.id}: ${JSON.stringify(parsed.left)}`);
    this.#definitions.set(app.id, parsed.right);
    this.#tell(`app-${app.id}`, 'AppVersionAdded');
  }

  ask(app: string, instances: number): void {
    for (let nth = 0; nth < instances; nth++) {
      const debt = {
        type: 'place',
        stream: `instance-${app}-${this.#asked++}`,
        params: { app, version: VERSION },
        entryRevision: 0,
        cause: { correlationId: '', causationId: '', by: '' },
      };
      this.scheduler.place.perform(debt as unknown as Debt);
    }
  }

  /** Until everybody has a place or knows that there is none. */
  async settle(): Promise<void> {
    for (;;) {
      await Promise.resolve();
      const due = this.#timers.splice(0);
      if (due.length === 0) return;
      for (const each of due) each();
    }
  }

  /** The one of an app that was placed first ends. False where there is none. */
  end(app: string): boolean {
    const instance = this.placedOf.get(app)?.shift();
    if (instance === undefined) return false;
    this.#tell(`instance-${instance}`, 'InstanceStopped');
    return true;
  }

  #hear(stream: string, command: Command): void {
    this.last = command;
    if (command.type === 'DeferPlacement') this.deferred++;
    if (command.type !== 'PlaceInstance') return;
    this.placed++;
    const instance = stream.slice('instance-'.length);
    this.placedOf.get(instance.slice(0, instance.lastIndexOf('-')))?.push(instance);
  }

  #tell(stream: string, type: string): void {
    this.scheduler.take([{ stream, fact: { type } } as unknown as Recorded]);
  }
}
