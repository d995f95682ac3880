import { posix } from 'node:path';

/** Where a file stands in the house. */
export type Zone =
  | { readonly kind: 'root' }
  | { readonly kind: 'kernel' }
  | { readonly kind: 'registry' }
  | { readonly kind: 'ports' }
  | { readonly kind: 'noun'; readonly noun: string }
  | { readonly kind: 'actors' }
  | { readonly kind: 'projections' }
  | { readonly kind: 'explorer' }
  | { readonly kind: 'history' }
  /** `part` is one outside thing of a group, such as `docker` of `hosts`; absent for what a group shares. */
  | { readonly kind: 'adapter'; readonly group: string; readonly part?: string };

/** Groups of things that stand beside each other; `http` and the rest are one thing each, however many folders they have. */
const GROUPS: ReadonlySet<string> = new Set(['balancer', 'hosts', 'log']);

export const zoneOf = (path: string): Zone => {
  const [, top, second, ...rest] = path.split('/');
  if (top === 'actors' || top === 'projections' || top === 'explorer' || top === 'history') return { kind: top };
  if (top === 'adapters')
    return rest.length > 1 && GROUPS.has(second ?? '')
      ? { kind: 'adapter', group: second ?? '', part: rest[0] ?? '' }
      : { kind: 'adapter', group: second ?? '' };
  if (top !== 'domain') return { kind: 'root' };
  if (second === 'kernel' || second === 'ports') return { kind: second };
  return rest.length === 0 ? { kind: 'registry' } : { kind: 'noun', noun: second ?? '' };
};

/** Packages that a zone may use; adapters and the root may use any. */
const PACKAGES: Partial<Record<Zone['kind'], readonly string[]>> = {
  kernel: ['fp-ts', 'xstate', 'zod'],
  noun: ['fp-ts', 'xstate', 'zod'],
  registry: [],
  ports: ['fp-ts', 'zod'],
  // uuid for version 5 only: a name for what is wanted, the same however often it is wanted.
  actors: ['fp-ts', 'xstate', 'uuid'],
  projections: ['fp-ts'],
  explorer: ['fp-ts', 'xstate'],
  history: ['fp-ts', 'uuid', '@bufbuild/cel', '@bufbuild/protobuf'],
};

/** Of another noun: what its facts, commands and states are called, what an app is made of, and by which names it is reached; never what it decides. */
const isVocabulary = (path: string): boolean =>
  /\.(facts|commands|states)\.ts$/.test(path) || path.startsWith('src/domain/app/definition/') || path.startsWith('src/domain/network/');

/** Why `from` may not import `to` (a path in the repository, `node:x` or a package), or undefined where it may. */
export const wrongArrow = (from: string, to: string, isType: boolean): string | undefined => {
  const zone = zoneOf(from);
  if (!to.startsWith('src/')) return wrongPackage(zone, to);
  const target = zoneOf(to);
  if (zone.kind === 'root') return undefined;
  if (target.kind === 'root')
    return zone.kind === 'adapter' && zone.group === 'cli' ? undefined : 'only the composition root knows everyone, and nobody knows it';
  switch (zone.kind) {
    case 'kernel':
      return target.kind === 'kernel' ? undefined : 'the kernel knows no noun and nobody outside: it is what they are made of';
    case 'ports':
      if (target.kind === 'actors' || target.kind === 'projections' || target.kind === 'adapter')
        return 'a port is a role; it knows nobody who plays it';
      return isType ? undefined : 'ports are types: a value here would be a rule without a home';
    case 'registry':
      return target.kind === 'noun' || target.kind === 'kernel' || target.kind === 'registry'
        ? undefined
        : 'the registry lists the nouns and nothing else';
    case 'noun':
      if (target.kind === 'kernel' || (target.kind === 'noun' && (target.noun === zone.noun || isVocabulary(to)))) return undefined;
      if (target.kind === 'ports') return isType ? undefined : 'a noun takes only types from ports';
      return target.kind === 'noun'
        ? "another noun's chart or decider is its own affair: read its facts, and ask it by a command"
        : 'the domain is pure: who acts in the world is told by facts';
    case 'actors':
      return target.kind === 'adapter' || target.kind === 'projections' ? 'actors reach the world and the views through ports' : undefined;
    case 'explorer':
      return target.kind === 'adapter' || target.kind === 'projections'
        ? 'the explorer drives rules; hosts and views are its own models'
        : undefined;
    case 'history':
      return target.kind === 'actors' || target.kind === 'adapter' || target.kind === 'explorer'
        ? 'what was is answered from facts and views; how they are read is a port'
        : undefined;
    case 'projections':
      if (target.kind === 'actors' || target.kind === 'adapter') return 'a view is a fold of facts and knows nobody who makes them';
      if (target.kind === 'noun' && /\.(chart|decider)\.ts$/.test(to))
        return 'a view folds with plain reducers, never with a chart or a decider';
      return undefined;
    case 'adapter':
      if (target.kind === 'explorer')
        return zone.group === 'cli' ? undefined : 'who wants a strategy explored is given the explorer by the composition root';
      if (target.kind === 'actors' || target.kind === 'projections') return 'an adapter knows the domain and its own client library';
      if (target.kind === 'noun' && /\.(chart|decider)\.ts$/.test(to))
        return 'an adapter speaks facts and commands; rules are the domain’s';
      if (
        target.kind !== 'adapter' ||
        (target.group === zone.group && (zone.part === undefined || target.part === undefined || target.part === zone.part))
      )
        return undefined;
      return 'one adapter never knows another: what both need belongs to a port or to their group';
  }
};

const wrongPackage = ({ kind }: Zone, name: string): string | undefined => {
  const allowed = PACKAGES[kind];
  if (allowed === undefined) return undefined;
  if (name.startsWith('node:')) return 'no IO here: the same facts must give the same answer tomorrow, on any machine';
  const base = name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] ?? '');
  return allowed.includes(base) ? undefined : `of packages only ${allowed.join(', ') || 'none'} may be used here`;
};

/** The file that an import line means. */
export const resolveImport = (from: string, specifier: string): string =>
  specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(from), specifier)) : specifier;
