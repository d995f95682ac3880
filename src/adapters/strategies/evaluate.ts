import { createContext, Script } from 'node:vm';
import { type ImportDeclaration, parse } from 'acorn';
import type { AnyStrategy } from '../../domain/deployment/kit/strategy.ts';
import { KIT } from './bundle.ts';
import { ALLOWED } from './rules.ts';
import { requireShape } from './shape.ts';

/** Longest that the text of a strategy may run until its strategy is there, ms; it makes some objects and no more. */
const EVALUATION_MAX_MS = 2_000;

/** Takes away all that would make a replay differ, and freezes the rest. */
const BARE = new Script(
  `'use strict';
  const all = globalThis;
  const { getOwnPropertyNames, getPrototypeOf, freeze } = Object;
  delete Math.random;
  for (const name of getOwnPropertyNames(all)) if (!allowed.includes(name)) delete all[name];
  for (const name of getOwnPropertyNames(all)) {
    const value = all[name];
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) continue;
    freeze(value);
    if (typeof value === 'function' && value.prototype !== undefined) freeze(value.prototype);
  }
  for (const value of [() => {}, [][Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator]()])
    freeze(getPrototypeOf(value));`.replace('allowed', JSON.stringify([...ALLOWED])),
  { filename: 'bare' },
);

/** @throws Error where the text throws, exports no strategy, or does not end */
export const evaluate = (source: string, kit: Readonly<Record<string, unknown>>, name: string): AnyStrategy => {
  const exported = exportedBy(source, kit, name);
  requireShape(exported);
  return exported;
};

/**
 * Runs the text of a module and answers what it exports. It sees the language and the kit, and nothing of this process.
 * @throws Error where it throws or does not end
 */
export const exportedBy = (source: string, kit: Readonly<Record<string, unknown>>, name: string): unknown => {
  const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
  BARE.runInContext(context);
  const make = new Script(`(function (kit) { 'use strict';${asFunctionBody(source, kit)}\n})`, { filename: name, columnOffset: -32 });
  const run = make.runInContext(context, { timeout: EVALUATION_MAX_MS }) as (given: unknown) => unknown;
  // Called from a script, so that the limit of time holds for it as well.
  const holder = Object.assign(context, { run, kit });
  try {
    return new Script('run(kit)').runInContext(context, { timeout: EVALUATION_MAX_MS });
  } finally {
    Reflect.deleteProperty(holder, 'run');
    Reflect.deleteProperty(holder, 'kit');
  }
};

type Cut = { readonly start: number; readonly end: number; readonly text: string };

/** Import lines take from the kit, and the default export is returned; every line keeps its number. */
const asFunctionBody = (source: string, kit: Readonly<Record<string, unknown>>): string => {
  const { body } = parse(source, { ecmaVersion: 'latest', sourceType: 'module' });
  let result = 'undefined';
  const cuts = body.flatMap((statement): readonly Cut[] => {
    const { start, end } = statement;
    const lines = '\n'.repeat(source.slice(start, end).split('\n').length - 1);
    switch (statement.type) {
      case 'ImportDeclaration':
        return [{ start, end, text: importing(statement, kit) + lines }];
      case 'ExportNamedDeclaration': {
        for (const { local, exported } of statement.specifiers)
          if ('name' in exported && exported.name === 'default' && 'name' in local) result = local.name;
        if (statement.declaration != null) return [{ start, end: statement.declaration.start, text: '' }];
        return [{ start, end, text: lines }];
      }
      case 'ExportDefaultDeclaration':
        result = 'exported';
        return [{ start, end: statement.declaration.start, text: 'const exported = ' }];
      default:
        return [];
    }
  });
  let text = source;
  for (const cut of cuts.toReversed()) text = text.slice(0, cut.start) + cut.text + text.slice(cut.end);
  return `${text}\nreturn ${result};`;
};

const importing = ({ source, specifiers }: ImportDeclaration, kit: Readonly<Record<string, unknown>>): string => {
  if (source.value !== KIT) throw new Error(`'${source.value}' is not '${KIT}'`);
  return specifiers
    .map((one) => {
      if (one.type === 'ImportNamespaceSpecifier') return `const ${one.local.name} = kit;`;
      const imported = one.type === 'ImportDefaultSpecifier' ? 'default' : 'name' in one.imported ? one.imported.name : one.imported.value;
      if (!Object.hasOwn(kit, String(imported))) throw new Error(`'${KIT}' has no '${String(imported)}'`);
      return `const ${one.local.name} = kit.${String(imported)};`;
    })
    .join('');
};
