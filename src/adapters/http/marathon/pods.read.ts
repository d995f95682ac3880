import { z } from 'zod';
import { notFound } from '../problem.ts';
import { minPosition } from '../queries.ts';
import { podJson, podOf, podVersionJson } from './podJson.ts';
import { type PodRoute, podRoute } from './podRoute.ts';
import { podStatus } from './podStatus.ts';

const plain = z.object({ minPosition });

export const podReads: readonly PodRoute[] = [
  podRoute({
    method: 'GET',
    suffix: '',
    summary: 'One pod.',
    query: plain,
    handle: ({ engine, id }) => podJson(podOf(engine, id)),
  }),
  podRoute({
    method: 'GET',
    suffix: '::status',
    summary: 'How a pod stands: its instances, their containers and endpoints, and those that have ended.',
    query: plain,
    handle: ({ engine, id }) => podStatus(engine, podOf(engine, id)),
  }),
  podRoute({
    method: 'GET',
    suffix: '::versions',
    summary: 'Versions of a pod, newest first.',
    query: plain,
    handle: ({ engine, id }) =>
      podOf(engine, id)
        .versions.map(({ version }) => version)
        .reverse(),
  }),
  podRoute({
    method: 'GET',
    suffix: '::versions/{version}',
    summary: 'The definition of one version.',
    query: plain,
    handle: ({ engine, id, leaf }) => {
      const there = podOf(engine, id).versions.find(({ version }) => version === leaf);
      if (there === undefined) throw notFound(`Pod '${id}' does not exist in version ${leaf}`);
      return podVersionJson(there.definition, there.version);
    },
  }),
];
