import type { RunSpec } from '../../../domain/ports/hosts.ts';
import { drain, within } from './calls.ts';
import type { Engine } from './engine.ts';
import { answerOf, DeadlinePassed, HostFaultError, pullFaultOf } from './faults.ts';
import { DEADLINES } from './options.ts';
import { authConfigOf, isImageId, parseReference } from './references.ts';

/** Pulls images, one pull per image at a time: a hundred instances that want the same one wait for the same pull. */
export const pulling = (engine: Engine): ((spec: RunSpec & { readonly image: string }) => Promise<void>) => {
  const underway = new Map<string, Promise<void>>();
  return (spec) => {
    const key = JSON.stringify([spec.image, spec.credentials ?? null]);
    const waiting = underway.get(key) ?? pull(engine, spec).finally(() => underway.delete(key));
    underway.set(key, waiting);
    return waiting;
  };
};

const pull = async (engine: Engine, { image, credentials }: RunSpec & { readonly image: string }): Promise<void> => {
  if (isImageId(image)) throw new HostFaultError({ _tag: 'ImageMissing', image, message: `no image ${image} on this host` });
  const { registry, repository, tag } = parseReference(image);
  const what = `pull ${image}`;
  const progress = progressOf();
  try {
    const stream = await within(engine.clock, what, DEADLINES.pullSilence, (abortSignal) =>
      engine.connections.streams.createImage({
        fromImage: repository,
        tag,
        abortSignal,
        ...(credentials === undefined ? {} : { authconfig: authConfigOf(credentials, registry) }),
      }),
    );
    await drain(engine.clock, what, stream, { silence: DEADLINES.pullSilence, deadline: DEADLINES.pull }, progress.push);
  } catch (error) {
    const { status, message } = answerOf(error);
    // Without an answer of the engine nothing is known about the registry.
    if (status === undefined && !(error instanceof DeadlinePassed)) throw error;
    throw new HostFaultError(pullFaultOf(image, message, status));
  }
  const failure = progress.failure();
  if (failure !== undefined) throw new HostFaultError(pullFaultOf(image, failure));
};

/** A pull's progress is a line of JSON per step; a failure is one of them, in an answer that says 200. */
export const progressOf = (): { push(chunk: Buffer): void; failure(): string | undefined } => {
  let partial = '';
  let failure: string | undefined;
  return {
    push: (chunk) => {
      const lines = (partial + chunk.toString('utf8')).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) failure ??= failureOf(line);
    },
    failure: () => failure ?? failureOf(partial),
  };
};

const failureOf = (line: string): string | undefined => {
  if (line.trim() === '') return undefined;
  const { error, errorDetail } = JSON.parse(line) as { error?: string; errorDetail?: { message?: string } };
  return errorDetail?.message ?? error;
};
