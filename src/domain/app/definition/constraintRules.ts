import { CONSTRAINT_OPERATORS } from './definition.ts';

/** Constraints that ask something of the node alone, whoever else is placed. */
export const ABOUT_THE_NODE: ReadonlySet<string> = new Set(['IS', 'IN', 'LIKE', 'UNLIKE']);

/** The constraint that an app on every node has besides its own. By the node itself: two of them may share a host name. */
export const ONE_PER_NODE = ['@node', 'UNIQUE'] as const;

/** Whether placement can understand a constraint; Marathon's messages (SchedulingValidation). */
export const constraintError = (constraint: readonly (string | undefined)[]): string | undefined => {
  if (constraint.length < 2 || constraint.length > 3) return 'Each constraint must have either 2 or 3 fields';
  const [field = '', operator = '', value] = constraint;
  if (field === '') return 'missing field for constraint declaration';
  if (!(CONSTRAINT_OPERATORS as readonly string[]).includes(operator))
    return 'operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS';
  switch (operator) {
    case 'UNIQUE':
      return value === undefined ? undefined : 'UNIQUE does not accept a value';
    case 'GROUP_BY':
      return value === undefined || isInt(value) ? undefined : 'GROUP BY must define an integer value or else no value at all';
    case 'MAX_PER':
      return value !== undefined && isInt(value) ? undefined : 'MAX_PER requires an integer value';
    case 'LIKE':
    case 'UNLIKE':
      if (value === undefined || value === '') return 'LIKE and UNLIKE require a non-empty, regular expression value';
      return wholeMatch(value) === undefined ? 'is not a valid regular expression' : undefined;
    case 'IS':
      return /^[a-zA-Z0-9_/.-]*$/.test(value ?? '') ? undefined : `IS only supports Mesos text and float values (see ${ATTRIBUTES_DOC})`;
    case 'IN':
      return /^\{.+\}$/.test(value ?? '') ? undefined : `IN value expects a Mesos set value (see ${ATTRIBUTES_DOC})`;
    default:
      return undefined;
  }
};

const ATTRIBUTES_DOC = 'http://mesos.apache.org/documentation/latest/attributes-resources/';

const isInt = (value: string): boolean => /^[+-]?\d{1,10}$/.test(value) && Math.abs(Number(value)) <= 2_147_483_647;

/** A regular expression that must match a whole value, as Java's `matches`; a leading `(?i)` is understood. undefined: not valid. */
export const wholeMatch = (pattern: string): RegExp | undefined => {
  const [, inline, rest] = /^\(\?([ims]+)\)(.*)$/s.exec(pattern) ?? [undefined, '', pattern];
  try {
    return new RegExp(`^(?:${rest ?? ''})$`, inline ?? '');
  } catch {
    return undefined;
  }
};
