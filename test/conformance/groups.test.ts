import { groups } from './cases/groups.ts';
import { conform } from './conform.ts';

conform('groups', groups);
