/**
 * Lives of apps that are over and still answered for, over all apps: a life lasts from the fact that makes an app to the one that destroys it.
 * Of older ones the live views hold nothing; the log does, and whoever asks for the past is answered by it.
 */
export const GONE_LIVES_KEPT = 5_000;

/** Ended instances of apps that are gone which stay readable, over all those apps; older ones are in the log. */
export const GONE_ENDED_KEPT = 5_000;

/** Ids whose turn to be forgotten comes in the order in which they came; an app that came and went twice stands here twice. */
export type Gone = string[];

/** One more is gone. @returns whose oldest life is to be forgotten for it */
export const goneBy = (gone: Gone, id: string): string | undefined => {
  gone.push(id);
  return gone.length > GONE_LIVES_KEPT ? gone.shift() : undefined;
};
