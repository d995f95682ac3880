import { either as E } from 'fp-ts';
import { unknownText } from '../definition/advice.ts';
import { PRESENT_CAPABILITIES } from '../definition/capabilities.ts';
import { fateOf, type ParsedApp, type ParseOptions } from '../definition/parse.ts';
import { isObject } from '../definition/readers.ts';
import { type Invalid, violations } from '../definition/violations.ts';
import { adviceOnPod } from './advice.ts';
import { completePod } from './complete.ts';
import type { PodApp } from './pod.ts';
import { checkPodRules } from './rules.ts';
import { POD_FIELDS, podShape } from './shape.ts';

/** Pods are replaced as a whole, so there is no base to lay an update over; and the path is compared where there is one. */
export type PodParseOptions = Omit<ParseOptions, 'base' | 'pathId'>;
export type ParsedPod = ParsedApp & { readonly definition: PodApp };

/** A pod as Marathon's API takes it, to the one form that the engine knows; or all that is wrong with it. */
export const parsePod = (input: unknown, options: PodParseOptions = {}): E.Either<Invalid, PodApp> =>
  E.map(({ definition }: ParsedPod) => definition)(readPod(input, options));

/** As `parsePod`, telling also which fields meant nothing. */
export const readPod = (input: unknown, options: PodParseOptions = {}): E.Either<Invalid, ParsedPod> => {
  const { group = '/', roles = ['*'], defaultNetworkName, capabilities = PRESENT_CAPABILITIES } = options;
  const shapes = violations();
  const { known, extras } = isObject(input) ? split(input) : { known: input, extras: {} };
  for (const name of Object.keys(extras)) shapes.ignore(`/${name}`, Object.keys(POD_FIELDS));
  const shape = podShape(known, '', shapes);
  if (shape === undefined || !shapes.empty) return E.left(shapes.invalid('Invalid JSON'));
  const definition = completePod(shape, shape.id, extras, {
    group,
    role: roles[0],
    ...(defaultNetworkName === undefined ? {} : { networkName: defaultNetworkName }),
  });
  const found = violations();
  checkPodRules(definition, roles, capabilities, found);
  const { unknown } = shapes;
  if (options.strict === true) for (const each of unknown) found.add(each.path, unknownText(each));
  if (!found.empty) return E.left(found.invalid('Object is not valid'));
  return E.right({
    definition,
    ignored: unknown.map(({ path }) => path),
    advice: [...unknown.map((each) => ({ path: each.path, text: fateOf(each) })), ...adviceOnPod(definition)],
  });
};

/** What a GET adds and a write takes no notice of. */
const READ_ONLY: ReadonlySet<string> = new Set(['version']);

const split = (input: Readonly<Record<string, unknown>>) => {
  const entries = Object.entries(input).filter(([name]) => !READ_ONLY.has(name));
  const isKnown = ([name]: readonly [string, unknown]): boolean => Object.hasOwn(POD_FIELDS, name);
  return {
    known: Object.fromEntries(entries.filter(isKnown)),
    extras: Object.fromEntries(entries.filter((entry) => !isKnown(entry))),
  };
};
