import type { Json } from '../client.ts';
import { REMEMBERED } from './marathon/place.ts';
import { isWithin, type Wanted } from './wanted.ts';

/** Copies that began with fewer instances than their originals had, with as many as those; more that were started since stay. */
export const woken = (there: Wanted, within: string): Wanted => {
  const isAsleep = ({ id, labels }: Json): boolean => isWithin(id, within) && /^\d+$/.test(labels?.[REMEMBERED] ?? '');
  const wake = (present: number, { labels }: Json) => {
    const { [REMEMBERED]: remembered, ...others } = labels as Readonly<Record<string, string>>;
    return { labels: others, instances: Math.max(present, Number(remembered)) };
  };
  return {
    groups: [],
    apps: there.apps.filter(isAsleep).map((app) => ({ ...app, ...wake(app.instances, app) })),
    pods: there.pods.filter(isAsleep).map((pod) => {
      const { labels, instances } = wake(pod.scaling?.instances ?? 1, pod);
      return { ...pod, labels, scaling: { kind: 'fixed', instances } };
    }),
  };
};
