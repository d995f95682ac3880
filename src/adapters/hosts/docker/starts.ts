import type { ContainerCreateOptions } from 'dockerode';
import { either as E } from 'fp-ts';
import type { Observed, RunSpec } from '../../../domain/ports/hosts.ts';
import { within } from './calls.ts';
import { createOptionsOf } from './containerCalls.ts';
import { inspectOwn, removeContainer } from './containers.ts';
import type { Engine } from './engine.ts';
import { byId, findNamed, isOwn } from './engine.ts';
import { answerOf, createFaultOf, HostFaultError, startFaultOf, statusOf } from './faults.ts';
import { bringing } from './holder.ts';
import { pulling } from './images.ts';
import { containerName } from './labels.ts';
import { observedOf } from './observed.ts';
import { DEADLINES } from './options.ts';
import { importPause, PAUSE_IMAGE } from './pauseImage.ts';
import type { Turns } from './turns.ts';

/** Brings a spec's artifacts into the created container's sandbox. Safe to repeat. */
export type FillSandbox = (spec: RunSpec, containerId: string) => Promise<void>;

type ImageSpec = RunSpec & { readonly image: string };
type Created = { readonly id: string } | 'exists' | 'no image';

/**
 * Starts an instance at most once, with the fewest calls in the usual case: create, start, inspect. That the image is
 * missing or that the container exists already is learned from the refusal to create.
 *
 * A start of which no answer came may still be under way; the engine holds the container's lock meanwhile, so the next
 * inspection waits for it and shows what became of it.
 */
export const starting = (engine: Engine, turns: Turns, fillSandbox: FillSandbox): ((spec: RunSpec) => Promise<Observed>) => {
  const { clock, cluster, dns } = engine;
  const pull = pulling(engine);
  const bring = bringing(engine, pull);

  const create = async (spec: ImageSpec): Promise<Created> => {
    const options = createOptionsOf(spec, cluster, dns);
    if (E.isLeft(options)) throw new HostFaultError(options.left);
    try {
      const { id } = await within(clock, `create ${containerName(spec.instance)}`, DEADLINES.change, (abortSignal) =>
        engine.connections.calls.createContainer(inBody(options.right, abortSignal)),
      );
      return { id };
    } catch (error) {
      const { status, message } = answerOf(error);
      if (status === 409 && /already in use/i.test(message)) return 'exists';
      if (status === 404 && /no such image/i.test(message)) return 'no image';
      throw new HostFaultError(createFaultOf(error));
    }
  };

  /** Starts a created container; where it cannot start nothing of it stays behind. */
  const start = async (spec: RunSpec, id: string): Promise<void> => {
    try {
      if (spec.artifacts.length > 0) await fillSandbox(spec, id);
      await within(clock, `start ${containerName(spec.instance)}`, DEADLINES.change, (abortSignal) =>
        byId(engine, id).start({ abortSignal }),
      );
    } catch (error) {
      const status = statusOf(error);
      if (status === 304) return;
      const fault = error instanceof HostFaultError ? error.fault : startFaultOf(error, commandWords(spec));
      // Without an answer it may be starting still; the next attempt will see.
      if (status !== undefined || error instanceof HostFaultError) await removeContainer(engine, id);
      throw new HostFaultError(fault);
    }
  };

  /**
   * Something of that name exists: started or ended already, created by an attempt that came no further, or being created
   * right now, when the name is taken but nothing can be seen under it yet ('vanished', also when it was removed meanwhile).
   */
  const resume = async (spec: ImageSpec): Promise<Observed | 'vanished'> => {
    const found = await findNamed(engine, spec.instance);
    if (found === undefined) return 'vanished';
    if (!isOwn(engine, found, spec.instance)) {
      const message = `the name ${containerName(spec.instance)} belongs to a container that is not of cluster '${cluster}'`;
      throw new HostFaultError({ _tag: 'StartRejected', message });
    }
    const observed = observedOf(found, engine.oomSeen.has(found.Id));
    if (observed.status !== 'created') return observed;
    await start(spec, found.Id);
    return shown(spec, found.Id);
  };

  const shown = async (spec: RunSpec, id: string): Promise<Observed> =>
    (await inspectOwn(engine, spec.instance)) ?? { instance: spec.instance, id, status: 'running', ipAddresses: [] };

  /** The turn is for the start alone: the next one may begin while this one is looked at. */
  const attempt = async (spec: ImageSpec): Promise<Observed | 'no image'> => {
    const came = await inTurn(spec);
    return typeof came === 'object' && 'started' in came ? shown(spec, came.started) : came;
  };

  const inTurn = (spec: ImageSpec): Promise<Observed | { readonly started: string } | 'no image'> =>
    turns.take(weightOf(spec), DEADLINES.turn, async () => {
      for (let look = 0; look < LOOKS_MAX; look++) {
        const created = await create(spec);
        if (created === 'no image') return created;
        if (created !== 'exists') {
          await start(spec, created.id);
          return { started: created.id };
        }
        const resumed = await resume(spec);
        if (resumed !== 'vanished') return resumed;
        await new Promise<void>((resolve) => clock.schedule(LOOK_AGAIN_MS, resolve));
      }
      throw new HostFaultError({ _tag: 'Transient', message: `${containerName(spec.instance)} is taken but cannot be seen` });
    });

  /** What a pod's containers need is brought before anything of it runs, so that a missing image is no half of a pod. */
  const hold = async (spec: ImageSpec): Promise<Observed> => {
    const before = await inspectOwn(engine, spec.instance);
    if (before !== undefined && before.status !== 'created') return before;
    await bring(spec);
    const first = await attempt(spec);
    if (first !== 'no image') return first;
    await importPause(engine);
    const second = await attempt(spec);
    if (second !== 'no image') return second;
    throw new HostFaultError({ _tag: 'Transient', message: `${PAUSE_IMAGE} was imported and is not there` });
  };

  return async (given) => {
    const image = given.containers === undefined ? given.image : PAUSE_IMAGE;
    if (image === undefined) throw new HostFaultError({ _tag: 'StartRejected', message: 'a container needs an image' });
    const spec: ImageSpec = { ...given, image };
    if (spec.containers !== undefined) return hold(spec);
    if (spec.forcePull) {
      // A repetition must not fail for a registry that is away by now.
      const before = await inspectOwn(engine, spec.instance);
      if (before !== undefined && before.status !== 'created') return before;
      await pull(spec);
    }
    const first = await attempt(spec);
    if (first !== 'no image') return first;
    await pull(spec);
    const second = await attempt(spec);
    if (second !== 'no image') return second;
    throw new HostFaultError({ _tag: 'ImageMissing', image, message: `no image ${image} on this host, though it was pulled` });
  };
};

/** dockerode would write all options, secrets in `env` too, into the request's address as well. Its modem knows better by these keys. */
const inBody = ({ name, ...body }: ContainerCreateOptions, abortSignal: AbortSignal): ContainerCreateOptions => {
  const split = { _query: { name }, _body: body, abortSignal };
  return split;
};

/** How often and how long to look for a container that is being created by another. */
const LOOKS_MAX = 40;
const LOOK_AGAIN_MS = 50;

/** In host mode, and in another's network, a start costs the engine a third: no network hook of its own to run. */
const weightOf = ({ network }: RunSpec): number => (network.mode === 'host' || network.mode === 'join' ? 1 : 2);

const commandWords = ({ command, entrypoint }: RunSpec): string => {
  if ('shell' in command && typeof command.shell === 'string') return '/bin/sh';
  const args = 'args' in command ? command.args : undefined;
  return entrypoint?.[0] ?? args?.[0] ?? '';
};
