import type { Advice } from '../definition/advice.ts';
import type { Labels } from '../definition/definition.ts';
import type { PodApp, PodContainer } from './pod.ts';

/** Fields of a pod that are accepted, since definitions for Marathon carry them, though less follows from them here than they say. */
export const adviceOnPod = ({ networks, pod: { containers, legacySharedCgroups } }: PodApp): readonly Advice[] => [
  ...networks.flatMap(({ labels }, index) =>
    isEmpty(labels) ? [] : [{ path: `/networks(${index})/labels`, text: 'has no effect: no network plugin reads them' }],
  ),
  ...(legacySharedCgroups === true
    ? [{ path: '/legacySharedCgroups', text: 'lets each container use what all have together; that they do so at once is not prevented' }]
    : []),
  ...containers.flatMap((container, index) => adviceOnContainer(container, `/containers(${index})`)),
];

const adviceOnContainer = ({ exec, image, tty, endpoints, artifacts }: PodContainer, at: string): readonly Advice[] => [
  ...(exec?.overrideEntrypoint === false && 'shell' in exec.command
    ? [{ path: `${at}/exec/overrideEntrypoint`, text: 'has no effect: a shell always takes the place of the entrypoint' }]
    : []),
  ...(isEmpty(image?.labels ?? {}) ? [] : [{ path: `${at}/image/labels`, text: 'has no effect: an image is found by its id alone' }]),
  ...(tty === true && image === undefined ? [{ path: `${at}/tty`, text: 'has no effect: a native process has no terminal' }] : []),
  ...artifacts.flatMap(({ cache }, index) =>
    cache ? [{ path: `${at}/artifacts(${index})/cache`, text: 'has no effect: the file is fetched anew for each instance' }] : [],
  ),
  ...endpoints.flatMap(({ labels, protocol }, index) =>
    Object.keys(labels)
      .filter((name) => /^vip/i.test(name) && protocol.includes('udp'))
      .map((name) => ({
        path: `${at}/endpoints(${index})/labels/${name}`,
        text: 'is served for TCP only',
      })),
  ),
];

const isEmpty = (labels: Labels): boolean => Object.keys(labels).length === 0;
