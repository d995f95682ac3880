/** Resources behind a pod's id in a URL, and of all pods together. */
export const POD_SUFFIXES = ['', '::status', '::versions', '::versions/{version}', '::instances', '::instances/{instance}'] as const;
export type PodSuffix = (typeof POD_SUFFIXES)[number];

export type PodPath = {
  /** Absolute; '/' where all pods are meant. */
  readonly id: string;
  /** undefined for one that there is not. */
  readonly suffix: PodSuffix | undefined;
  /** Value of the suffix' placeholder, '' where it has none. */
  readonly leaf: string;
};

/** What a path below `/v2/pods` means: `shop/web::instances/i1` → instance `i1` of `/shop/web`. No id has a colon. */
export const podPath = (path: string): PodPath => {
  const [, before = '', kind, leaf] = /^(.*?)(?:::(\w+)(?:\/(.*))?)?$/s.exec(path) ?? [];
  const id = `/${before
    .split('/')
    .filter((segment) => segment !== '')
    .join('/')}`;
  const named = POD_SUFFIXES.find((suffix) => suffix === (kind === undefined ? '' : `::${kind}${leaf ? `/{${kind.slice(0, -1)}}` : ''}`));
  return { id, suffix: named, leaf: leaf ?? '' };
};
