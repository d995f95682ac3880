import { scalarText } from './node.ts';
import { aboveIn, type ValueCounts } from './tally.ts';

/**
 * Marathon's constraint operators over a field's value on the node, and the counts of that field's values among the instances
 * already placed. A node without the attribute satisfies UNLIKE alone.
 */
export type CompiledConstraint = {
  readonly field: string;
  readonly text: string;
  /** Whether it asks where others are; otherwise it is about the node alone. */
  readonly isCounted: boolean;
  /** Whether the values that have the fewest instances are to be filled first. */
  readonly isEven: boolean;
  /** @param groups distinct values of the field among the nodes that can be placed on; GROUP_BY without a number divides by it. */
  readonly allows: (value: string | undefined, placed: ValueCounts, groups: () => number) => boolean;
};

export const compileConstraints = (
  constraints: readonly (readonly [field: string, operator: string, value?: string])[],
  instances: number,
): readonly CompiledConstraint[] =>
  constraints.map(([field, operator, value]) => {
    const test = testOf(operator, value, instances);
    return {
      field,
      text: [field, operator, ...(value === undefined ? [] : [value])].join(' '),
      isCounted: COUNTED.has(operator) || (operator === 'CLUSTER' && (value === undefined || value === '')),
      isEven: operator === 'GROUP_BY',
      allows: (offered, placed, groups) => (offered === undefined ? operator === 'UNLIKE' : test(offered, placed, groups)),
    };
  });

const COUNTED: ReadonlySet<string> = new Set(['UNIQUE', 'GROUP_BY', 'MAX_PER']);

type Test = (offered: string, placed: ValueCounts, groups: () => number) => boolean;

const testOf = (operator: string, value: string | undefined, instances: number): Test => {
  switch (operator) {
    case 'UNIQUE':
      return (offered, placed) => !placed.has(offered);
    case 'CLUSTER':
      return value === undefined || value === ''
        ? (offered, placed) => placed.size === 0 || placed.has(offered)
        : (offered) => offered === value;
    case 'GROUP_BY': {
      const wanted = Number.parseInt(value ?? '', 10) || 0;
      return (offered, placed, groups) => groupHasRoom(offered, placed, Math.max(wanted > 0 ? wanted : groups(), 1), instances);
    }
    case 'MAX_PER': {
      const most = Number.parseInt(value ?? '', 10);
      return (offered, placed) => (placed.get(offered) ?? 0) < most;
    }
    case 'LIKE':
    case 'UNLIKE': {
      const pattern = whole(value ?? '');
      return (offered) => pattern.test(offered) === (operator === 'LIKE');
    }
    case 'IS': {
      const literal = scalarText(value ?? '');
      return (offered) => offered === literal;
    }
    case 'IN': {
      const members = new Set((/^\{(.*)\}$/s.exec(value ?? '')?.[1] ?? '').split(',').map((member) => scalarText(member.trim())));
      return (offered) => members.has(offered);
    }
    default:
      return () => false;
  }
};

/**
 * Instances are divided evenly over the wanted number of groups; as many groups as there is a remainder may hold one more. A new group
 * is opened while there are fewer than wanted.
 */
const groupHasRoom = (offered: string, placed: ValueCounts, groups: number, instances: number): boolean => {
  const count = placed.get(offered);
  if (count === undefined) return placed.size < groups;
  const each = Math.floor(instances / groups);
  if (count < each) return true;
  return count === each && aboveIn(placed, each) < instances % groups;
};

const NOTHING = /^[^\s\S]$/;

/** As Java's `matches`: the whole value. Definitions are checked before, so a pattern that does not compile matches nothing. */
const whole = (pattern: string): RegExp => {
  const [, flags = '', rest = pattern] = /^\(\?([ims]+)\)(.*)$/s.exec(pattern) ?? [];
  try {
    return new RegExp(`^(?:${rest})$`, flags);
  } catch {
    return NOTHING;
  }
};
