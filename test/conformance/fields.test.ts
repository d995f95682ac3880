import { fields, podFields } from './cases/fields.ts';
import { conform } from './conform.ts';

conform('fields of apps', fields);
conform('fields of pods', podFields);
