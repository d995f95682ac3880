import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { drain, within } from './calls.ts';
import type { Engine } from './engine.ts';
import { HostFaultError } from './faults.ts';
import { progressOf } from './images.ts';
import { DEADLINES } from './options.ts';
import { PAUSE_ARCHITECTURES, pauseProgram } from './pauseProgram.ts';

const REPOSITORY = 'wharfinger/pause';
const TAG = '1';

/** What a pod's holder runs. No registry has it: an engine that lacks it is given it. Another program would be another tag. */
export const PAUSE_IMAGE = `${REPOSITORY}:${TAG}`;

/** Gives the engine the image of its own architecture. Safe to repeat. */
export const importPause = async (engine: Engine): Promise<void> => {
  const { Arch } = await within(engine.clock, 'version', DEADLINES.ask, (abortSignal) =>
    (engine.connections.calls as unknown as Abortable).version({ abortSignal }),
  );
  const program = pauseProgram(Arch);
  if (program === undefined) {
    const message = `a pod needs an engine of ${PAUSE_ARCHITECTURES.join(' or ')}, and this one is ${Arch}`;
    throw new HostFaultError({ _tag: 'StartRejected', message });
  }
  const progress = progressOf();
  const stream = await within(engine.clock, `import ${PAUSE_IMAGE}`, DEADLINES.change, (abortSignal) =>
    engine.connections.streams.importImage(root(program) as never, {
      repo: REPOSITORY,
      tag: TAG,
      changes: ['ENTRYPOINT ["/pause"]'],
      abortSignal,
    }),
  );
  await drain(engine.clock, `import ${PAUSE_IMAGE}`, stream, { deadline: DEADLINES.change }, progress.push);
  const failure = progress.failure();
  if (failure !== undefined) throw new HostFaultError({ _tag: 'Transient', message: `import of ${PAUSE_IMAGE}: ${failure}` });
};

/** dockerode takes a signal here, its types do not. */
type Abortable = { version(options: { readonly abortSignal: AbortSignal }): Promise<{ readonly Arch: string }> };

const root = (program: Buffer): Readable => {
  const archive = pack();
  archive.entry({ name: 'pause', mode: 0o755, mtime: new Date(0), uid: 0, gid: 0 }, program);
  archive.finalize();
  return archive as unknown as Readable;
};
