import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haproxyBalancer, haproxyVersion } from '../../../src/adapters/balancer/haproxy/haproxy.ts';
import { balancerContract } from '../../contracts/balancer.contract.ts';

balancerContract({
  name: 'haproxy',
  ...((await haproxyVersion()) === undefined && { missing: 'no haproxy of 2.6 or newer is installed' }),
  open: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wharf-'));
    const balancer = await haproxyBalancer({ dir });
    return {
      ...balancer,
      close: async () => {
        await balancer.close();
        await rm(dir, { recursive: true, force: true });
      },
    };
  },
});
