import { tasks } from './cases/tasks.ts';
import { conform } from './conform.ts';

conform('tasks', tasks);
