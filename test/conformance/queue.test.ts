import { queue } from './cases/queue.ts';
import { conform } from './conform.ts';

conform('queue', queue);
