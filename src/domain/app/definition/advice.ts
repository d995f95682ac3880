import { ignoredBalancerLabels, unusableBalancerLabels } from './balancerLabels.ts';
import type { AppDefinition } from './definition.ts';
import type { AppShape } from './shape.ts';
import type { Unknown } from './violations.ts';

/** What is worth telling whoever writes a definition that is valid: a path and a sentence about it. */
export type Advice = { readonly path: string; readonly text: string };

/** An unknown field, in the words of a refusal and of a warning alike. */
export const unknownText = ({ suggestion }: Unknown): string =>
  suggestion === undefined ? 'is not a known field' : ['is not a known field; did you mean `', suggestion, '`?'].join('');

/** Fields that are accepted, since definitions for Marathon carry them, though nothing follows from them here. */
export const adviceOn = (
  written: AppShape,
  { networks, portDefinitions, container, executorResources, fetch, tty, labels, perNode, instances }: AppDefinition,
): readonly Advice[] => {
  const portLabels = [
    ...(portDefinitions ?? []).map(({ labels, protocol }, index) => ({ path: `/portDefinitions(${index})/labels`, labels, protocol })),
    ...(container?.portMappings ?? []).map(({ labels, protocol }, index) => ({
      path: `/container/portMappings(${index})/labels`,
      labels,
      protocol,
    })),
  ];
  return [
    ...(perNode === true && written.instances !== undefined && written.instances !== instances
      ? [{ path: '/instances', text: 'is not read: the app has one on every eligible node' }]
      : []),
    ...(executorResources === undefined
      ? []
      : [{ path: '/executorResources', text: 'has no effect: there is no executor to reserve them for' }]),
    ...(tty === true && container?.docker === undefined ? [{ path: '/tty', text: 'has no effect: a native process has no terminal' }] : []),
    ...((written.ipAddress?.groups ?? []).length === 0
      ? []
      : [{ path: '/ipAddress/groups', text: 'has no effect: networks have no groups' }]),
    ...networks.flatMap(({ labels }, index) =>
      Object.keys(labels).length === 0 ? [] : [{ path: `/networks(${index})/labels`, text: 'has no effect: no network plugin reads them' }],
    ),
    ...fetch.flatMap(({ cache }, index) =>
      cache ? [{ path: `/fetch(${index})/cache`, text: 'has no effect: the file is fetched anew for each instance' }] : [],
    ),
    ...portLabels.flatMap(({ path, labels, protocol }) =>
      Object.keys(labels)
        .filter((name) => /^vip/i.test(name) && protocol !== 'tcp')
        .map((name) => ({ path: `${path}/${name}`, text: 'is served for TCP only' })),
    ),
    ...unusableBalancerLabels(labels).map((name) => ({
      path: `/labels/${name}`,
      text: 'has a value that the load balancer can not use; the port that it is for is not routed',
    })),
    ...ignoredBalancerLabels(labels).map((name) => ({
      path: `/labels/${name}`,
      text: 'is kept and shown, but the load balancer takes no notice of it',
    })),
  ];
};
