/** How the best of the nodes that would do is chosen: the emptiest, away from others of the same; or the fullest. */
export const POLICIES = ['spread', 'binpack'] as const;
export type PolicyName = (typeof POLICIES)[number];

/** What everywhere in the cluster is the way to choose, unless told otherwise. */
export const USUAL_POLICY: PolicyName = 'spread';
