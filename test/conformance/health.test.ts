import { health } from './cases/health.ts';
import { conform } from './conform.ts';

conform('health', health);
