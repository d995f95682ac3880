import { CliFailure, EXIT } from './failure.ts';
import type { Session } from './session.ts';
import { eventsIn } from './sse.ts';

type Listed = { readonly endpoints: readonly { readonly instance: string }[] };

/** Waits until as many instances serve as are wanted, none of them one of the killed. */
export const awaitReplaced = async ({ client, io }: Session, app: string, wanted: number, killed: readonly string[]): Promise<void> => {
  const path = `/v1/endpoints?follow=true&app=${encodeURIComponent(app)}`;
  const enough = new AbortController();
  const signal = AbortSignal.any([io.interrupted, enough.signal]);
  for await (const { data } of eventsIn(client.read(path, { signal }))) {
    const { endpoints } = JSON.parse(data) as Listed;
    if (endpoints.length < wanted || endpoints.some(({ instance }) => killed.includes(instance))) continue;
    enough.abort();
    return;
  }
  if (io.interrupted.aborted) throw new CliFailure('no longer waiting; the engine goes on replacing', { exitCode: EXIT.interrupted });
  throw new CliFailure('the engine ended the stream before all were replaced', { exitCode: EXIT.unreachable });
};
