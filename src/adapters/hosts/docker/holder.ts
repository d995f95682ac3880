import type { ContainerCreateOptions, ContainerInspectInfo } from 'dockerode';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { HostFault, RunSpec } from '../../../domain/ports/hosts.ts';
import { containerOf, memberSpecs } from '../members.ts';
import { within } from './calls.ts';
import { createOptionsOf, networkOf, portBindingsOf, written } from './containerCalls.ts';
import type { Engine } from './engine.ts';
import { HostFaultError, statusOf } from './faults.ts';
import { containerName, LABEL, labelsOf } from './labels.ts';
import { DEADLINES } from './options.ts';
import { PAUSE_IMAGE } from './pauseImage.ts';
import { podLabelOf, readPodLabel } from './podLabel.ts';

/** Its own user, who is nobody's: it opens nothing and needs nothing. */
const NOBODY = '65534:65534';

/**
 * The container that holds a pod: it owns the network with the ports, and the IPC, which the pod's containers join; so that each of them may
 * end before the others. A pod without a network of its own has one too: what the host knows of a pod is told by its labels.
 */
export const holderOptionsOf = (spec: RunSpec, cluster: string, dns: readonly string[] = []): Either<HostFault, ContainerCreateOptions> => {
  for (const member of memberSpecs(spec)) {
    const options = createOptionsOf(member, cluster);
    if (E.isLeft(options))
      return E.left({ ...options.left, message: `containers.${containerOf(member.instance)}: ${options.left.message}` });
  }
  const bindings = portBindingsOf(spec);
  return written(
    {
      name: containerName(spec.instance),
      Image: PAUSE_IMAGE,
      Labels: { ...labelsOf(spec, cluster), [LABEL.pod]: podLabelOf(spec) },
      User: NOBODY,
      // The first process of a process namespace hears no other signal; without it an engine that shuts down would wait for each of them.
      StopSignal: 'SIGKILL',
      HostConfig: {
        ...networkOf(spec),
        IpcMode: 'shareable',
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'none', Config: {} },
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        ...(Object.keys(bindings).length === 0 ? {} : { PortBindings: bindings }),
      },
      networkAliases: [],
    },
    spec.parameters,
    dns,
  );
};

/** The pod's own volumes, which no container uses any more. @throws HostFaultError Transient while one is used still. */
export const removeVolumes = async (engine: Engine, holder: ContainerInspectInfo): Promise<void> => {
  for (const name of readPodLabel(holder.Config.Labels)?.volumes ?? [])
    try {
      await within(engine.clock, `remove volume ${name}`, DEADLINES.change, (abortSignal) => {
        const options: { abortSignal: AbortSignal } = { abortSignal };
        return engine.connections.calls.getVolume(name).remove(options);
      });
    } catch (error) {
      const status = statusOf(error);
      if (status === 409) throw new HostFaultError({ _tag: 'Transient', message: `volume ${name} is in use` });
      if (status !== 404) throw error;
    }
};

type Pull = (spec: RunSpec & { readonly image: string }) => Promise<void>;

/** Brings the images of a pod's containers, all at the same time: those that are to be pulled in any case, and those that are not there. */
export const bringing =
  (engine: Engine, pull: Pull) =>
  async (spec: RunSpec): Promise<void> => {
    await Promise.all(
      (spec.containers ?? []).map(async ({ image, forcePull, credentials }) => {
        if (image === undefined || !(forcePull || (await isMissing(engine, image)))) return;
        await pull({ ...spec, image, ...(credentials === undefined ? {} : { credentials }) });
      }),
    );
  };

const isMissing = (engine: Engine, image: string): Promise<boolean> =>
  within(engine.clock, `inspect ${image}`, DEADLINES.ask, () => engine.connections.calls.getImage(image).inspect()).then(
    () => false,
    (error: unknown) => {
      if (statusOf(error) === 404) return true;
      throw error;
    },
  );
