import { createHash } from 'node:crypto';
import { either as E } from 'fp-ts';
import { v5 } from 'uuid';
import { isoInstant } from '../../domain/kernel/units.ts';
import type { AnsweredStore } from './answered.ts';
import { REPLY_TYPE, type ReplyData, repliesTopicOf } from './commandForms.ts';
import type { EngineApi } from './engineApi.ts';
import type { Message, MessageOptions } from './message.ts';
import { type Asked, type Name, type Received, readCommand } from './readCommand.ts';
import { withoutSecrets } from './withheldReply.ts';

export type DeskOptions = {
  readonly api: EngineApi;
  readonly answered: AnsweredStore;
  /** ms since 1970. */
  readonly now: () => number;
  /** Resolves after so many ms, or earlier where all of it ends. */
  readonly wait: (ms: number) => Promise<void>;
  readonly prefix: string;
  /** CloudEvents' source of the replies. */
  readonly source: string;
  readonly mode: MessageOptions['mode'];
};

/** Names of commands' requests and of their replies are made in this name space. */
const SPACE = '6d2c9f2e-1d0b-5c1e-9a53-3c1f3f0f5b0e';
/** How many roots one request is looked for under: it is made anew once where somebody else came in between. */
const ROOTS_MAX = 2;
/** What passes is not remembered: the same command may be sent again then. */
const PASSING: ReadonlySet<number> = new Set([500, 503, 504]);

/** The UUID that a command's request is recorded under, by whichever engine carries it out. */
export const rootOfCommand = ({ source, id }: Name): string => v5(JSON.stringify([source, id]), SPACE);

/** An engine that cannot write now, or is about to lead, is asked again for so long, ms, and so often. */
export const UNAVAILABLE_MAX_MS = 60_000;
const ASK_AGAIN_MS = 1_000;
const UNAVAILABLE = 503;

/** Answers every message, once as often as it comes. */
export type CommandDesk = {
  /** @returns the reply to send. @throws Error where no engine answers: nothing was decided then, and it may be asked again */
  answer(received: Received): Promise<Message>;
};

/**
 * Carries commands out, each source and id of a CloudEvent once: what was answered is answered the same again; what was carried out and is
 * not known to have been answered is told from the request that the log recorded, also by the engine that leads after another.
 */
export const createCommandDesk = ({ api, answered, now, wait, ...envelope }: DeskOptions): CommandDesk => {
  const carriedOut = async (asked: Asked): Promise<ReplyData> => {
    const root = rootOfCommand(asked);
    for (let waitedMs = 0; ; waitedMs += ASK_AGAIN_MS) {
      // Also behind a 503: what it could not acknowledge may be recorded all the same.
      const before = await recordedReply(api, root);
      if (before !== undefined) return before;
      const reply = await api.exchange(asked.data, root, asked.traceparent);
      if (reply.status !== UNAVAILABLE || waitedMs >= UNAVAILABLE_MAX_MS)
        return { ...reply, ...('body' in reply && { body: withoutSecrets(reply.body) }) };
      await wait(ASK_AGAIN_MS);
    }
  };

  const answerCommand = async (asked: Asked, key: string): Promise<Message> => {
    const digest = digestOf(asked.data);
    const known = answered.find(asked);
    if (known !== undefined && known.digest !== digest) {
      const message = `The id '${asked.id}' of '${asked.source}' was used for another command before`;
      return replyMessage(envelope, key, { name: asked, about: digest, time: isoInstant(now()), data: plain(409, message) });
    }
    if (known !== undefined)
      return replyMessage(envelope, key, { name: asked, about: '', time: known.time, data: JSON.parse(known.reply) });
    const data = await carriedOut(asked);
    const time = isoInstant(now());
    if (!PASSING.has(data.status)) answered.remember(asked, { digest, time, reply: JSON.stringify(data) });
    // A reply that may be followed by another one is another event.
    return replyMessage(envelope, key, { name: asked, about: PASSING.has(data.status) ? time : '', time, data });
  };

  return {
    answer: async (received) => {
      const read = readCommand(received);
      if (E.isRight(read)) return answerCommand(read.right, received.key?.toString('utf8') ?? read.right.id);
      const { name, message } = read.left;
      return replyMessage(envelope, received.key?.toString('utf8') ?? name?.id ?? received.place, {
        ...(name !== undefined && { name }),
        about: received.place,
        time: isoInstant(now()),
        data: plain(400, message),
      });
    },
  };
};

const plain = (status: number, message: string): ReplyData => ({ status, headers: {}, body: { message } });

const digestOf = (data: unknown): string => createHash('sha256').update(JSON.stringify(data)).digest('hex');

/** What the log knows of a request that was carried out: the last of its roots tells how it ended. */
const recordedReply = async (api: EngineApi, root: string): Promise<ReplyData | undefined> => {
  let reply: ReplyData | undefined;
  for (let nth = 0; nth < ROOTS_MAX; nth++) {
    const outcome = await api.recorded(nth === 0 ? root : v5(String(nth), root));
    if (outcome === undefined) return reply;
    reply =
      outcome.kind === 'accepted'
        ? { ...plain(200, 'It was accepted before; its answer is lost'), fromRecord: true }
        : { status: 409, headers: {}, body: { message: outcome.message, code: outcome.code }, fromRecord: true };
  }
  return reply;
};

type Reply = {
  readonly name?: Name /** What tells it from other replies of the same name. */;
  readonly about: string;
  readonly time: string;
  readonly data: ReplyData;
};

const replyMessage = (
  { prefix, source, mode }: Omit<DeskOptions, 'api' | 'answered' | 'now' | 'wait'>,
  key: string,
  reply: Reply,
): Message => {
  const { name, about, time, data } = reply;
  const attributes = {
    specversion: '1.0',
    id: v5(JSON.stringify(['reply', name?.source, name?.id, about]), SPACE),
    source,
    type: REPLY_TYPE,
    time,
    datacontenttype: 'application/json',
    ...(name === undefined
      ? { subject: about }
      : { subject: name.id, correlationid: name.id, commandsource: name.source, requestid: rootOfCommand(name) }),
  };
  const topic = repliesTopicOf(prefix);
  if (mode === 'structured')
    return {
      topic,
      key,
      value: JSON.stringify({ ...attributes, data }),
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    };
  const { datacontenttype, ...others } = attributes;
  return {
    topic,
    key,
    value: JSON.stringify(data),
    headers: {
      'content-type': datacontenttype,
      ...Object.fromEntries(Object.entries(others).map(([each, value]) => [`ce_${each}`, value])),
    },
  };
};
