import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { access, clusters, crowded } from './cases/cluster.ts';
import { conform } from './conform.ts';

const log = pino({ level: 'warn' }, { write: () => undefined });

conform('cluster', clusters, { log, onAbdicated: () => undefined });

conform('access', access, {
  nodes: 0,
  noAuth: false,
  allowOrigins: ['http://ui.example'],
  prepare: async ({ tokenFile }) => {
    const token = readFileSync(tokenFile, 'utf8').trim();
    return { token, basic: Buffer.from(`anyone:${token}`).toString('base64') };
  },
});

conform('crowded', crowded, { nodes: 0, maxConcurrentRequests: 1 });
