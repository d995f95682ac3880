import { wholeMatch } from './constraintRules.ts';
import type { AppConstraint, AppDefinition } from './definition.ts';
import type { Violations } from './violations.ts';

/**
 * Constraints that no node in the world could keep together, so that waiting would never end. What only the present nodes cannot
 * keep is no fault of the definition.
 */
export const checkContradictions = ({ constraints, instances }: AppDefinition, found: Violations): void => {
  constraints.forEach((one, index) => {
    const value = literalOf(one);
    if (value === undefined) return;
    constraints.forEach((other, nth) => {
      if (nth === index || other[0] !== one[0] || (nth < index && literalOf(other) !== undefined)) return;
      if (!mayHold(other, value, instances))
        found.add(`/constraints(${Math.max(index, nth)})`, `contradicts constraint ${Math.min(index, nth)}: no node can satisfy both`);
    });
  });
};

/** The one value that a constraint allows its field. */
const literalOf = ([, operator, value]: AppConstraint): string | undefined =>
  (operator === 'IS' || operator === 'CLUSTER') && value !== undefined && value !== '' ? value : undefined;

/** Whether a constraint allows that every instance finds `value` in its field. Numbers are compared as such by placement: left to it. */
const mayHold = ([, operator, wanted = '']: AppConstraint, value: string, instances: number): boolean => {
  switch (operator) {
    case 'IS':
    case 'CLUSTER':
      return wanted === '' || wanted === value || Number(wanted) === Number(value);
    case 'LIKE':
      return wholeMatch(wanted)?.test(value) ?? true;
    case 'UNLIKE':
      return !(wholeMatch(wanted)?.test(value) ?? false);
    case 'UNIQUE':
      return instances <= 1;
    case 'MAX_PER':
      return instances <= Number(wanted);
    default:
      return true;
  }
};
