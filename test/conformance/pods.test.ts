import { pods } from './cases/pods.ts';
import { conform } from './conform.ts';

conform('pods', pods);
