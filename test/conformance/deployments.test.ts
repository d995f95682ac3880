import { deployments } from './cases/deployments.ts';
import { conform } from './conform.ts';

conform('deployments', deployments);
