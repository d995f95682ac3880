import net from 'node:net';
import type { Millis } from '../../domain/kernel/units.ts';
import type { ProbeAnswer, ProbeTarget } from '../../domain/ports/probes.ts';

/** Connects and hangs up: healthy is who accepts in time. */
export const tcpProbe = ({ address, port, family }: Extract<ProbeTarget, { kind: 'tcp' }>, timeoutMs: Millis): Promise<ProbeAnswer> =>
  new Promise((resolve) => {
    const socket = net.connect({ host: address, port, family });
    const settle = (answer: ProbeAnswer): void => {
      clearTimeout(deadline);
      resolve(answer);
      socket.destroy();
    };
    const deadline = setTimeout(() => settle({ _tag: 'Failed', cause: `no connection in ${timeoutMs} ms` }), timeoutMs);
    socket.on('connect', () => settle({ _tag: 'Succeeded' }));
    socket.on('error', (error) => settle({ _tag: 'Failed', cause: error.message }));
  });
