import type { Views } from '../../src/domain/ports/views.ts';
import { partsToDigest } from './partsToDigest.ts';

/** Everything that can be asked of all views, as plain data in a fixed order where a view promises none. */
export const dumpOf = (views: Views) => ({
  ...partsToDigest(views),
  // Came after the digests were stored.
  holdings: [...views.nodes.all()].map(({ id }) => [
    id,
    [...(views.instances.holdings().get(id) ?? [])].sort((a, b) => (`${a.app} ${a.version}` < `${b.app} ${b.version}` ? -1 : 1)),
  ]),
});
