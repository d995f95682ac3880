import { restarts } from './cases/restarts.ts';
import { conform } from './conform.ts';

conform('restarts', restarts);
