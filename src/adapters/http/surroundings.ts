import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Answers } from '../../domain/ports/answers.ts';
import type { Engine } from '../../domain/ports/engine.ts';
import type { Retention, Shredding } from '../../domain/ports/keeping.ts';
import type { PublisherStatus } from '../../domain/ports/publishing.ts';
import type { SignedCheckpoint } from '../../domain/proof/checkpoint.ts';
import type { Access } from './access.ts';
import type { EventDescription } from './own/eventSchemas.ts';
import type { LeveledLog, Settings } from './settings.ts';

/** The HTTP server as routes see it: their zod schemas give the types of query, params and body. */
export type Server = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse<IncomingMessage>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What every route may use. */
export type Surroundings = {
  readonly engine: Engine;
  /** What can be asked about the past. */
  readonly answers: Answers;
  /** One recorded fact as a sentence for people. */
  readonly sentenceOf: (recorded: Recorded) => string;
  /** Who may, and what opens this API. */
  readonly access: Access;
  /** Of this program, for those who ask. */
  readonly version: string;
  /** Aborts when the server closes: streams that would never end do then. */
  readonly closing: AbortSignal;
  /** Those who listen to `/v2/events` now. */
  readonly audience: Audience;
  readonly settings: Settings;
  readonly refusedStrategies: RefusedStrategies;
  readonly log?: LeveledLog;
  /** Ends this engine's leadership, where somebody starts it again. */
  readonly abdicate?: () => void;
  /** How long what has ended stays in the log. */
  readonly retention?: Retention;
  /** What events look like for those who read them elsewhere. */
  readonly events?: EventDescription;
  /** How far the log has been published to Kafka, where it is. */
  readonly kafka?: () => PublisherStatus;
  /** Destroys keys of sealed subjects. */
  readonly shredding?: Shredding;
  /** Writes a signed checkpoint of the log now, where this engine has a key and witnesses; undefined for an empty log. */
  readonly checkpoint?: () => Promise<SignedCheckpoint | undefined>;
};

/** Files that are no strategies, with what is wrong in which line. */
export type RefusedStrategies = readonly {
  readonly file: string;
  readonly problems: readonly { readonly where: string; readonly text: string }[];
}[];

/** Tells everyone who listens what is live only: who came, who left. */
export type Audience = {
  join(hear: (note: { readonly type: string; readonly remoteAddress: string }) => void): () => void;
  tell(note: { readonly type: string; readonly remoteAddress: string }): void;
};

export const createAudience = (): Audience => {
  const listeners = new Set<Parameters<Audience['join']>[0]>();
  return {
    join: (hear) => {
      listeners.add(hear);
      return () => listeners.delete(hear);
    },
    tell: (note) => {
      for (const hear of [...listeners]) hear(note);
    },
  };
};
