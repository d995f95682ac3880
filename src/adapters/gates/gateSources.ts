import type { GateSources } from '../../domain/ports/gates.ts';
import { get } from './get.ts';
import { askPrometheus } from './prometheus.ts';

/** Asks the real world. */
export const realGateSources: GateSources = {
  http: async (question) => {
    const got = await get(question, 0);
    return 'cause' in got ? { _tag: 'Failed', cause: got.cause } : { _tag: 'Answered', status: got.status };
  },
  prometheus: askPrometheus,
};
