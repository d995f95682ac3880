import { apps } from './cases/apps.ts';
import { conform } from './conform.ts';

conform('apps', apps);
