import { either as E } from 'fp-ts';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Millis } from '../domain/kernel/units.ts';
import type { HostFault } from '../domain/ports/hosts.ts';

/** A call to a host that always comes to an end: with its own answer, or as a transient fault when the deadline passes first. */
export const within = <T>(clock: Clock, ms: Millis, what: string, call: TaskEither<HostFault, T>): Promise<E.Either<HostFault, T>> =>
  new Promise((resolve) => {
    const cancel = clock.schedule(ms, () => resolve(E.left({ _tag: 'Transient', message: `${what}: no answer within ${ms} ms` })));
    const settle = (result: E.Either<HostFault, T>) => {
      cancel();
      resolve(result);
    };
    call().then(settle, (error: unknown) =>
      settle(E.left({ _tag: 'Transient', message: `${what}: ${error instanceof Error ? error.message : String(error)}` })),
    );
  });
