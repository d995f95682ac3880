import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

export type Source = { /** From the root of the repository, with `/`. */ readonly path: string; readonly text: string };

/** Every TypeScript file below a folder of the repository. */
export const sourcesUnder = (folder: string): readonly Source[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(ROOT, file), text: readFileSync(file, 'utf8') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));

const COMMENT_OR_TEXT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** The text without comments and string literals; of a template literal the expressions stay. Line numbers are kept. */
export const codeOf = (text: string): string =>
  text.replace(COMMENT_OR_TEXT, (match) => {
    const lines = '\n'.repeat(match.split('\n').length - 1);
    const expressions = match.startsWith('`') ? [...match.matchAll(/\$\{([^}]*)\}/g)].map(([, code]) => code) : [];
    return `''${expressions.join(' ')}${lines}`;
  });

export type Import = { readonly from: string; readonly isType: boolean };

/** What a file imports or exports on, static and dynamic. */
export const importsOf = (text: string): readonly Import[] => [
  ...[...text.matchAll(/^(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'/gm)].map(([, type, from]) => ({
    from: from ?? '',
    isType: type !== undefined,
  })),
  ...[...text.matchAll(/\bimport\s*\(\s*'([^']+)'|^import\s+'([^']+)'/gm)].map(([, dynamic, bare]) => ({
    from: dynamic ?? bare ?? '',
    isType: false,
  })),
];
