import { either as E } from 'fp-ts';
import { type Advice, adviceOn, unknownText } from './advice.ts';
import { type CanonicalShape, canonical } from './canonical.ts';
import { type Capability, PRESENT_CAPABILITIES } from './capabilities.ts';
import { complete } from './complete.ts';
import type { AppDefinition } from './definition.ts';
import { absolutePathId } from './pathId.ts';
import { isObject } from './readers.ts';
import { checkRules } from './rules.ts';
import { APP_FIELDS, type AppShape, appShape, READ_ONLY_FIELDS } from './shape.ts';
import { type Invalid, type Unknown, violations } from './violations.ts';

export type ParseOptions = {
  /** The app that a URL names. The body's own id may be absent, or must mean the same. */
  readonly pathId?: string;
  /** For a partial update: top-level fields of the input replace those of `base`. */
  readonly base?: AppDefinition;
  /** Where relative ids start; the root group by default. */
  readonly group?: string;
  /** Roles that an app may have, the default first; `['*']` by default. */
  readonly roles?: readonly [string, ...string[]];
  /** Marathon's `--default_network_name`. */
  readonly defaultNetworkName?: string;
  readonly capabilities?: ReadonlySet<Capability>;
  /** Fields that nothing here knows are refused rather than told of. */
  readonly strict?: boolean;
  /** What is wrong with how the app is to be deployed: only who knows the strategies can tell. */
  readonly strategyProblems?: StrategyProblems;
  /** On how many nodes an app that is to be on every one can be now; none where absent. */
  readonly countNodes?: CountNodes;
};

export type StrategyProblems = (definition: AppDefinition) => readonly { readonly path: string; readonly error: string }[];

export type CountNodes = (definition: AppDefinition) => number;

export type ParsedApp = {
  readonly definition: AppDefinition;
  /** Fields that were read past: unknown at the top (kept in `extras`) or deeper (dropped, as Marathon does), or ports for other networking. Worth a warning. */
  readonly ignored: readonly string[];
  /** Sentences about those, and about what has no effect here. */
  readonly advice: readonly Advice[];
};

/** An app as Marathon's API takes it, to the one form that the engine knows; or all that is wrong with it. */
export const parseApp = (input: unknown, options: ParseOptions = {}): E.Either<Invalid, AppDefinition> =>
  E.map(({ definition }: ParsedApp) => definition)(readApp(input, options));

/** As `parseApp`, telling also which fields meant nothing. */
export const readApp = (input: unknown, options: ParseOptions = {}): E.Either<Invalid, ParsedApp> => {
  const { base, group = '/', roles = ['*'], defaultNetworkName } = options;
  const shapes = violations();
  const { known, extras } = isObject(input) ? split(input) : { known: input, extras: {} };
  for (const name of Object.keys(extras)) shapes.ignore(`/${name}`, NAMES);
  const id = idOf(input, options);
  const shape = appShape(known, '', shapes);
  if (isObject(input) && id === undefined) shapes.add('/id', 'error.path.missing');
  if (shape === undefined || id === undefined || !shapes.empty) return E.left(shapes.invalid('Invalid JSON'));
  const { unknown } = shapes;

  const found = violations();
  if (options.pathId !== undefined && shape.id !== undefined && !sameId(shape.id, options.pathId, group))
    found.add('/id', `must be the id of the path, '${absolutePathId(options.pathId)}'`);
  const written = canonical(shape, found);
  const { extras: keptExtras = {}, ...kept } = base ?? {};
  const completed = complete(
    { ...kept, ...written } as AppShape,
    id,
    { ...keptExtras, ...extras },
    { group, role: roles[0], ...(defaultNetworkName === undefined ? {} : { networkName: defaultNetworkName }) },
  );
  const definition = completed.perNode === true ? { ...completed, instances: options.countNodes?.(completed) ?? 0 } : completed;
  checkRules(definition, roles, options.capabilities ?? PRESENT_CAPABILITIES, found);
  for (const { path, error } of options.strategyProblems?.(definition) ?? []) found.add(path, error);
  if (options.strict === true) for (const each of unknown) found.add(each.path, unknownText(each));
  if (!found.empty) return E.left(found.invalid('Object is not valid'));
  const dropped = droppedPorts(written, definition);
  return E.right({
    definition,
    ignored: [...unknown.map(({ path }) => path), ...dropped],
    advice: [
      ...unknown.map((each) => ({ path: each.path, text: fateOf(each) })),
      ...dropped.map((path) => ({ path, text: 'is dropped: the networking of the app has no place for it' })),
      ...adviceOn(shape, definition),
    ],
  });
};

const NAMES = Object.keys(APP_FIELDS);

/** Those of the app itself are kept for whoever reads them; deeper ones have no place to stay. */
export const fateOf = (unknown: Unknown): string =>
  `${unknownText(unknown)}${unknown.suggestion === undefined ? '; it' : ' It'} is ${unknown.path.lastIndexOf('/') === 0 ? 'kept, and nothing follows from it' : 'dropped'}`;

/** Ports written for the other kind of networking fall away, as in Marathon. */
const droppedPorts = (written: CanonicalShape, { networks, container }: AppDefinition): readonly string[] => [
  ...((written.container?.portMappings?.length ?? 0) > 0 && container?.portMappings === undefined ? ['/container/portMappings'] : []),
  ...(written.requirePorts === true && networks.some(({ mode }) => mode !== 'host') ? ['/requirePorts'] : []),
];

const idOf = (input: unknown, { pathId, base }: ParseOptions): string | undefined => {
  if (pathId !== undefined) return absolutePathId(pathId);
  const written = isObject(input) ? input.id : undefined;
  return typeof written === 'string' ? written : written === undefined || written === null ? base?.id : '';
};

/** Relative ids in the body of a request for one app are often just its last segment. */
const sameId = (written: string, pathId: string, group: string): boolean => {
  const wanted = absolutePathId(pathId);
  return absolutePathId(written, group) === wanted || (!written.startsWith('/') && wanted.endsWith(absolutePathId(written)));
};

/** Known fields, and those that mean nothing here; what a GET adds falls away. */
const split = (input: Readonly<Record<string, unknown>>) => {
  const entries = Object.entries(input).filter(([name]) => !READ_ONLY_FIELDS.has(name));
  const isKnown = ([name]: readonly [string, unknown]): boolean => Object.hasOwn(APP_FIELDS, name);
  return {
    known: Object.fromEntries(entries.filter(isKnown)),
    extras: Object.fromEntries(entries.filter((entry) => !isKnown(entry))),
  };
};
