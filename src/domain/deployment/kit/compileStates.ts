import { assign } from 'xstate';
import type { DeploymentFact } from '../deployment.facts.ts';
import { reasonOf, withFact } from './assigns.ts';
import { type Course, isHopeless } from './course.ts';
import { type Owes, wantedOf } from './owes.ts';
import { type AnyStrategy, type CourseState, type CourseTransition, ENDS } from './strategy.ts';
import { canReturn, leftBehind } from './wayBack.ts';

/** The named guards, assignments and delays of a machine, as they are found. */
export type Names = {
  readonly guards: Record<string, unknown>;
  readonly assigns: Record<string, unknown>;
  readonly delays: Record<string, unknown>;
  /** Whether the strategy ever asks for other weights. */
  readonly shifts: boolean;
};

/** States of the frame, which a strategy can't call its own. */
const RESERVED: readonly string[] = ['looking', 'preparing', 'finishing', ...ENDS];
type Scope = { context: Course; event: DeploymentFact };
type Transition = CourseTransition<unknown, unknown>;
type State = CourseState<unknown, unknown>;

/** The states of a strategy as XState's configuration, each transition guarded and with the fact in the course. */
export const statesOf = (spec: AnyStrategy, names: Names): Record<string, object> => {
  const { id, initial, states, delays = {} } = spec;
  const problem = (what: string): Error => new Error(`${id}: ${what}`);
  if (!(initial in states)) throw problem(`there is no state '${initial}' to begin with`);
  for (const [name, delay] of Object.entries(delays)) names.delays[name] = ({ context }: Scope) => delay(context);
  return Object.fromEntries(
    Object.entries(states).map(([name, state]) => {
      if (RESERVED.includes(name)) throw problem(`'${name}' is a state of every strategy; call yours by another name`);
      for (const { target } of Object.values(listed(state)).flat()) {
        if (target !== undefined && !(target in states) && !ENDS.includes(target as never))
          throw problem(`state '${name}' goes to '${target}', which there is not`);
      }
      for (const delay of Object.keys(state.after ?? {})) if (!(delay in delays)) throw problem(`there is no delay '${delay}'`);
      return [name, stateOf(name, state, names)];
    }),
  );
};

const stateOf = (name: string, state: State, names: Names): object => {
  const owes = ([] as readonly Owes[]).concat(state.entry ?? []);
  const compile = (key: string, ways: readonly Transition[]) =>
    ways.flatMap((way, nth) => transitionsOf(`${name}.${key}.${nth}`, name, way, names));
  const on = Object.fromEntries(Object.entries(transitions(state.on)).map(([type, ways]) => [type, compile(type, ways)]));
  const after = Object.fromEntries(Object.entries(transitions(state.after)).map(([delay, ways]) => [delay, compile(delay, ways)]));
  const asks = (kind: Owes['owes']) => owes.some((one) => one.owes === kind);
  // Whoever asks a gate and does not say what follows from a failure, fails; and so whoever waits for an approval for too long.
  if (asks('gates') && on.GateFailed === undefined) on.GateFailed = compile('GateFailed', [{ target: 'failed' }]);
  if (asks('approval'))
    after.approvalDeadline = compile('approvalDeadline', [{ target: 'failed', because: () => 'nobody approved it in time' }]);
  return {
    ...(state.description !== undefined && { description: state.description }),
    entry: owes.map(({ owes: type, params }) => ({
      type,
      params: ({ context }: Scope) => paramsOf(type, params(context) as never, context),
    })),
    on,
    after,
  };
};

const paramsOf = (type: Owes['owes'], params: never, context: Course): object => {
  const { app, paused, retire } = context;
  return type === 'want' ? { app, ...wantedOf(context, params), retire } : { app, ...(params as object), paused: paused !== undefined };
};

const transitionsOf = (key: string, state: string, way: Transition, names: Names): readonly object[] => {
  const guard = (name: string, test: (course: Course, fact: DeploymentFact) => boolean): string => {
    names.guards[name] = ({ context, event }: Scope) => {
      if (context.paused !== undefined) return false;
      const course = withFact(context, event);
      if (event.type === 'SlotsChanged' && isHopeless(course)) return false;
      return (way.guard === undefined || way.guard(course, event)) && test(course, event);
    };
    return name;
  };
  const assigning = (name: string, patch: (course: Course, fact: DeploymentFact) => Partial<Course>): string => {
    names.assigns[name] = assign(({ context, event }: Scope) => {
      const course = withFact(context, event);
      const memory = { ...(course.memory as object), ...(way.remember?.(course, event) as object | undefined) };
      // A state that is entered looks first: what it waits for may be there already.
      return { ...course, memory, isStale: course.isStale || way.target !== undefined, ...patch({ ...course, memory }, event) };
    });
    return name;
  };
  const named = way.guard?.name !== undefined && way.guard.name !== '' && way.guard.name !== 'guard' ? `${key} ${way.guard.name}` : key;
  const any = () => true;
  if (way.target === 'failed') {
    const because = (course: Course, fact: DeploymentFact) => way.because?.(course, fact) ?? reasonOf(fact, state);
    const why = (course: Course, fact: DeploymentFact): Partial<Course> => ({
      outcome: 'failed',
      failure: because(course, fact),
      progressBy: undefined,
      isTurning: names.shifts,
    });
    return [
      { guard: guard(`${named}, can return`, canReturn), target: '#returning', actions: assigning(`${key} back`, why) },
      {
        guard: guard(named, any),
        target: '#releasing.failed',
        actions: assigning(`${key} fail`, (course, fact) => ({ ...why(course, fact), left: leftBehind(course) })),
      },
    ];
  }
  if (way.target === 'succeeded') {
    return [
      {
        guard: guard(`${named}, has command after`, ({ policy }) => policy.after !== undefined),
        target: '#finishing',
        actions: assigning(`${key} finish`, () => ({})),
      },
      {
        guard: guard(named, any),
        target: '#releasing.done',
        actions: assigning(`${key} done`, ({ to }) => ({
          outcome: 'succeeded',
          left: to === undefined || to.instances === 0 ? {} : { [to.configVersion]: to.instances },
        })),
      },
    ];
  }
  return [{ guard: guard(named, any), ...(way.target !== undefined && { target: way.target }), actions: assigning(key, () => ({})) }];
};

const transitions = (written: object | undefined): Record<string, readonly Transition[]> =>
  Object.fromEntries(
    Object.entries(written ?? {}).map(([key, ways]) => [
      key,
      typeof ways === 'string' ? [{ target: ways }] : ([] as Transition[]).concat(ways as never),
    ]),
  );

const listed = (state: State): Record<string, readonly Transition[]> => ({ ...transitions(state.on), ...transitions(state.after) });
