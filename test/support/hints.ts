import type { HostHint, HostRuntime } from '../../src/domain/ports/hosts.ts';

/** A host's hints, to be awaited one by one. */
export const watchHost = (host: HostRuntime) => {
  const seen: HostHint[] = [];
  const waiting = new Set<() => void>();
  let read = 0;
  const observation = host.observe((hint) => {
    seen.push(hint);
    for (const look of [...waiting]) look();
  });
  return {
    seen: seen as readonly HostHint[],
    /** The next hint that fits; those before it are passed over. */
    next: (fits: (hint: HostHint) => boolean): Promise<HostHint> =>
      new Promise((resolve) => {
        const look = () => {
          for (; read < seen.length; read++) {
            const hint = seen[read];
            if (hint !== undefined && fits(hint)) {
              read += 1;
              waiting.delete(look);
              resolve(hint);
              return;
            }
          }
        };
        waiting.add(look);
        look();
      }),
    close: () => observation.close(),
  };
};
