import { embeddedBalancer } from '../../../src/adapters/balancer/embedded/embedded.ts';
import { balancerContract } from '../../contracts/balancer.contract.ts';

balancerContract({ name: 'embedded', open: async () => embeddedBalancer() });
