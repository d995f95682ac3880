import type { AppDefinition } from '../../domain/app/definition/definition.ts';
import type { AppRow, AppVersionRow } from '../../domain/ports/views.ts';
import { type Apps, definitionKey } from '../../projections/apps.ts';
import type { LazyMap } from './lazyMap.ts';

export type LazyApps = {
  readonly rows: LazyMap<string, Apps['rows'] extends Map<string, infer R> ? R : never>;
  readonly definitions: LazyMap<string, AppDefinition>;
  readonly lives: LazyMap<string, { readonly versions: readonly AppVersionRow[]; until?: string }[]>;
  readonly perNode: Set<string>;
};

/** Everything that the view `apps` holds of one id. */
type Part = {
  readonly lives: readonly { readonly versions: readonly AppVersionRow[]; readonly until?: string }[];
  readonly livesCame: number;
  /** Without its versions, which are those of its last life, and its definition, which is the last of them. */
  readonly row?: Omit<AppRow, 'versions' | 'definition'>;
  readonly came: number;
  readonly perNode: boolean;
  /** By configuration version: which version of which life holds its newest definition; itself where none does. */
  readonly definitions: readonly (readonly [string, readonly [number, number] | AppDefinition])[];
};

export const appPartOf = (apps: LazyApps, id: string, versions: ReadonlySet<string>): string => {
  const lives = apps.lives.get(id) ?? [];
  const row = apps.rows.get(id);
  const { versions: _, definition: __, ...rest } = row ?? ({} as AppRow);
  const part: Part = {
    lives,
    livesCame: apps.lives.cameAt(id),
    ...(row !== undefined && { row: rest as AppRow }),
    came: apps.rows.cameAt(id),
    perNode: apps.perNode.has(id),
    definitions: [...versions].flatMap((version) => {
      const definition = apps.definitions.get(definitionKey(id, version));
      return definition === undefined ? [] : [[version, placeOf(lives, definition) ?? definition] as const];
    }),
  };
  return JSON.stringify(part);
};

const placeOf = (lives: Part['lives'], definition: AppDefinition): readonly [number, number] | undefined => {
  for (let life = lives.length - 1; life >= 0; life--) {
    const version = lives[life]?.versions.findLastIndex((each) => each.definition === definition) ?? -1;
    if (version >= 0) return [life, version];
  }
  return undefined;
};

/** Puts a part back. What was one object is one again: the versions of a row and of its last life, a definition and the version that brought it. */
export const restoreApp = (apps: LazyApps, id: string, text: string): readonly string[] => {
  const { lives, livesCame, row, came, perNode, definitions } = JSON.parse(text) as Part;
  if (lives.length > 0) apps.lives.restore(id, [...lives], livesCame);
  const versions = lives.at(-1)?.versions;
  const definition = versions?.at(-1)?.definition;
  if (row !== undefined && versions !== undefined && definition !== undefined)
    apps.rows.restore(id, { ...row, versions, definition }, came);
  if (perNode) apps.perNode.add(id);
  for (const [version, at] of definitions) {
    const there = isPlace(at) ? lives[at[0]]?.versions[at[1]]?.definition : at;
    if (there !== undefined) apps.definitions.restore(definitionKey(id, version), there, 0);
  }
  return definitions.map(([version]) => version);
};

const isPlace = (at: readonly [number, number] | AppDefinition): at is readonly [number, number] => Array.isArray(at);
