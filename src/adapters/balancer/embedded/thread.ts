import { parentPort } from 'node:worker_threads';
import { LoadBalancer } from './loadBalancer.ts';
import type { Answered, Ask, Asked } from './messages.ts';

/** The thread that traffic flows through. It shares no event loop with the control plane, so that neither waits for the other. */
const port = parentPort;
if (port === null) throw new Error('thread.ts runs as a worker only');

const say = (answered: Answered): void => port.postMessage(answered);
const balancer = new LoadBalancer((warnings) => say({ warnings }));

// A connection that broke where nobody listened is no reason to break all others; anything else is, and the thread begins anew.
process.on('uncaughtException', (error: NodeJS.ErrnoException) => {
  if (error.syscall === undefined) throw error;
});

const done = (ask: Ask): unknown => {
  switch (ask.kind) {
    case 'apply':
      return balancer.apply(ask.table);
    case 'counters':
      return balancer.counters();
    case 'busyWith':
      return balancer.busyWith(ask.instance);
    case 'close':
      return balancer.close();
  }
};

port.on('message', async ({ id, ask }: Asked) => {
  try {
    say({ id, value: await done(ask) });
  } catch (error) {
    say({ id, error: (error as Error).message });
  }
});
