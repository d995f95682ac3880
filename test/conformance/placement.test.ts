import { placement } from './cases/placement.ts';
import { conform } from './conform.ts';

conform('placement', placement, {
  nodes: 4,
  prepare: async ({ api }) => {
    await api.ask('POST', '/v1/nodes', { id: 'raft', endpoint: { kind: 'simulated', seed: 99 } });
    return {};
  },
});
