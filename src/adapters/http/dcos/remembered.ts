import type { Engine } from '../../../domain/ports/engine.ts';

/**
 * What is told from the views alone stays true until they have read on: it is made once for each position, for all who ask meanwhile.
 * Nobody's memory is filled with it: it may be forgotten, and is made again then.
 */
export const remembered = <A extends object>(make: (engine: Engine) => A): ((engine: Engine) => A) => {
  const memory = new WeakMap<Engine, { readonly position: number; readonly made: WeakRef<A> }>();
  return (engine) => {
    const position = engine.views.position();
    const before = memory.get(engine);
    const kept = before?.position === position ? before.made.deref() : undefined;
    if (kept !== undefined) return kept;
    const made = make(engine);
    memory.set(engine, { position, made: new WeakRef(made) });
    return made;
  };
};
