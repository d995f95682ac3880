import { type Gone, goneBy } from './gone.ts';

/** One life of an app: the configuration versions that its instances may have, and whether it is over. */
type Life = { readonly versions: string[]; isOver: boolean };

/** Which configuration versions of an app may still be asked for: those of its life, and of the newest that are over. */
export type Lives = { readonly byApp: Map<string, Life[]>; readonly gone: Gone };

export const noLives = (): Lives => ({ byApp: new Map(), gone: [] });

/** A version of an app: the first of a life, where none goes on. */
export const beginLife = ({ byApp }: Lives, app: string, version: string): void => {
  const lives = byApp.get(app);
  const last = lives?.at(-1);
  if (lives === undefined) byApp.set(app, [{ versions: [version], isOver: false }]);
  else if (last === undefined || last.isOver) lives.push({ versions: [version], isOver: false });
  else if (!last.versions.includes(version)) last.versions.push(version);
};

export type Forgotten = { readonly app: string; readonly versions: readonly string[] };

/** An app's life is over. @returns the oldest life's app, with those of its versions that no later life of it has, where one is forgotten for it */
export const endLife = (lives: Lives, app: string): Forgotten | undefined => {
  const last = lives.byApp.get(app)?.at(-1);
  if (last === undefined || last.isOver) return undefined;
  last.isOver = true;
  const oldest = goneBy(lives.gone, app);
  return oldest === undefined ? undefined : forgetFirst(lives, oldest);
};

const forgetFirst = ({ byApp }: Lives, app: string): Forgotten => {
  const [first, ...rest] = byApp.get(app) ?? [];
  if (rest.length === 0) byApp.delete(app);
  else byApp.set(app, rest);
  return { app, versions: (first?.versions ?? []).filter((version) => !rest.some(({ versions }) => versions.includes(version))) };
};

export const knows = ({ byApp }: Lives, app: string, version: string): boolean =>
  byApp.get(app)?.some(({ versions }) => versions.includes(version)) ?? false;

export const isOver = ({ byApp }: Lives, app: string): boolean => byApp.get(app)?.at(-1)?.isOver ?? true;
