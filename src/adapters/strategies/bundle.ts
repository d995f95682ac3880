import { SourceMap, type SourceMapPayload } from 'node:module';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { type Program, parse } from 'acorn';
import type { Loader, Message, Plugin } from 'esbuild';
import { findingsIn } from './judge.ts';
import { ONLY_THE_KIT } from './rules.ts';

export const KIT = 'wharfinger/strategy';

/** What keeps a file from being a strategy. `where` is `file:line`, relative to the strategy's folder; a rule's reason is in the text. */
export type Problem = { readonly where: string; readonly text: string };

export class StrategyRefused extends Error {
  override name = 'StrategyRefused';
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(problems.map(({ where, text }) => `${where}: ${text}`).join('\n'));
    this.problems = problems;
  }
}

const isInside = (folder: string, path: string): boolean => path.startsWith(folder + sep);

/** The kit stays an import, files of the folder come in, and all else is refused where it is imported. */
const onlyTheKit = (folder: string): Plugin => ({
  name: 'only-the-kit',
  setup: (build) => {
    build.onResolve({ filter: /.*/ }, ({ path, kind, resolveDir }) => {
      if (kind === 'entry-point') return undefined;
      if (path === KIT && kind === 'import-statement') return { path, external: true };
      const isOwn = path.startsWith('.') && isInside(folder, resolve(resolveDir, path));
      if (isOwn && kind === 'import-statement') return undefined;
      return { errors: [{ text: `'${path}': ${ONLY_THE_KIT}` }] };
    });
  },
});

/**
 * The whole of a strategy in one module that imports the kit alone.
 * @throws StrategyRefused with every line that breaks a rule
 */
export const bundle = async (file: string): Promise<string> => {
  const path = resolve(file);
  const folder = dirname(path);
  const { build } = await import('esbuild');
  const built = await build({
    entryPoints: [path],
    absWorkingDir: folder,
    outfile: resolve(folder, 'strategy.js'),
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    target: 'es2024',
    charset: 'utf8',
    sourcemap: 'external',
    legalComments: 'none',
    logLevel: 'silent',
    tsconfigRaw: { compilerOptions: {} },
    plugins: [onlyTheKit(folder)],
  }).catch((error: { readonly errors?: readonly Message[] }) => {
    if (error.errors === undefined) throw error;
    throw new StrategyRefused(error.errors.map((message) => ({ where: placeOf(message, basename(path)), text: message.text })));
  });
  const source = built.outputFiles.find((output) => output.path.endsWith('.js'))?.text ?? '';
  const map = built.outputFiles.find((output) => output.path.endsWith('.map'))?.text ?? '{}';
  const problems = problemsIn(source, originalPlace(source, map, folder));
  if (problems.length > 0) throw new StrategyRefused(problems);
  return source;
};

/** The same text as this esbuild would write it: what only another version of it wrote differently is no change of a strategy. */
export const reprinted = async (source: string): Promise<string> => {
  const { transform } = await import('esbuild');
  const loader: Loader = 'js';
  return (await transform(source, { format: 'esm', target: 'es2024', charset: 'utf8', loader, minifyWhitespace: true })).code;
};

const placeOf = ({ location }: Message, file: string): string => (location === null ? file : `${location.file}:${location.line}`);

type Place = (offset: number) => string;

const problemsIn = (source: string, place: Place): readonly Problem[] => {
  const program: Program = parse(source, { ecmaVersion: 'latest', sourceType: 'module', allowAwaitOutsideFunction: true });
  const problems = findingsIn(program).map(({ start, text }) => ({ where: place(start), text }));
  const said = new Set<string>();
  return problems.filter(({ where, text }) => !said.has(`${where} ${text}`) && said.add(`${where} ${text}`));
};

const originalPlace = (source: string, map: string, folder: string): Place => {
  const origins = new SourceMap(JSON.parse(map) as SourceMapPayload);
  return (offset) => {
    const before = source.slice(0, offset).split('\n');
    const entry = origins.findEntry(before.length - 1, before.at(-1)?.length ?? 0);
    if (!('originalLine' in entry)) return `line ${before.length} of the bundle`;
    return `${relative(folder, resolve(folder, entry.originalSource))}:${entry.originalLine + 1}`;
  };
};
