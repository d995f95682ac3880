import { deployments, limited } from './cases/deployments.ts';
import { conform } from './conform.ts';

conform('deployments', deployments);
conform('limited', limited, { nodes: 1, maxRunningDeployments: 1 });
