import type { AnyNode, Program } from 'acorn';
import { full } from 'acorn-walk';
import { ALLOWED, AWAIT, DYNAMIC_IMPORT, MEMBERS, MODULE_STATE, RANDOM, unknownName } from './rules.ts';
import { referencesIn } from './scope.ts';

/** A place in the text, and what is wrong there. */
export type Finding = { readonly start: number; readonly text: string };

/** What in this module would make a replay answer differently, in the order of the text. */
export const findingsIn = (program: Program): readonly Finding[] => {
  const found: Finding[] = [];
  for (const { name, start, isFree, changesModule } of referencesIn(program)) {
    if (isFree && !ALLOWED.has(name)) found.push({ start, text: `'${name}': ${unknownName(name)}` });
    if (changesModule) found.push({ start, text: `'${name}': a function ${MODULE_STATE}` });
  }
  full(program, (node) => {
    const text = findingAt(node);
    if (text !== undefined) found.push({ start: node.start, text });
  });
  return found.sort((a, b) => a.start - b.start);
};

const findingAt = (node: AnyNode): string | undefined => {
  switch (node.type) {
    case 'MemberExpression': {
      const name = memberOf(node);
      if (name === 'random' && node.object.type === 'Identifier' && node.object.name === 'Math') return `'Math.random': ${RANDOM}`;
      return name !== undefined && Object.hasOwn(MEMBERS, name) ? `'.${name}': ${MEMBERS[name]}` : undefined;
    }
    case 'ImportExpression':
      return `'import()': ${DYNAMIC_IMPORT}`;
    case 'MetaProperty':
      return node.meta.name === 'import' ? `'import.meta': ${unknownName('process')}` : undefined;
    case 'AwaitExpression':
      return `'await': ${AWAIT}`;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node.async ? `'async': ${AWAIT}` : undefined;
    default:
      return undefined;
  }
};

const memberOf = (node: Extract<AnyNode, { type: 'MemberExpression' }>): string | undefined => {
  const { property, computed } = node;
  if (!computed) return property.type === 'Identifier' ? property.name : undefined;
  return property.type === 'Literal' && typeof property.value === 'string' ? property.value : undefined;
};
