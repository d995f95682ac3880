/** Every kind of effect that an engine of this version performs; what a state owes besides keeps it from starting. */
export const EFFECTS = [
  ...([
    'place',
    'evict',
    'run',
    'stop',
    'probe',
    'want',
    'watch',
    'gates',
    'deploy',
    'supersede',
    'plan',
    'hold',
    'advance',
    'settle',
  ] as const),
  ...(['release', 'approval', 'hook', 'deadline', 'traffic', 'observe', 'reconcile', 'declareUnreachable', 'declareGone', 'move'] as const),
] as const;

export type EffectKind = (typeof EFFECTS)[number];

export const performedEffects: ReadonlySet<string> = new Set(EFFECTS);
