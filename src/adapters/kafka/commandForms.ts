import { z } from 'zod';
import { TYPE_PREFIX } from './message.ts';

/** Type of the CloudEvent that asks for something, and of the one that answers. */
export const COMMAND_TYPE = `${TYPE_PREFIX}Command.v1`;
export const REPLY_TYPE = `${TYPE_PREFIX}Reply.v1`;

export const COMMAND_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Longest path with its query, in characters. */
export const PATH_MAX = 8_192;

/** What a command asks for: one operation of the HTTP API. */
export const commandForm = z.strictObject({
  method: z.enum(COMMAND_METHODS),
  path: z
    .string()
    .max(PATH_MAX)
    .regex(/^\/[\x21-\x7e]*$/, 'must begin with a slash and hold no space and nothing beyond ASCII: escape it with %')
    .describe('Path of the API with its query, such as `/v2/apps//shop/web?force=true`.'),
  body: z.unknown().optional().describe('What stands in the body, as JSON.'),
});
export type CommandData = z.infer<typeof commandForm>;

/** What the API answered. */
export const replyForm = z.object({
  status: z.int().min(100).max(599).describe("HTTP's, as the API answers it; 400 too for a message that is no command."),
  headers: z.record(z.string(), z.string()).describe('Those that tell something of the answer, in lower case.'),
  body: z.unknown().optional(),
  fromRecord: z
    .literal(true)
    .optional()
    .describe('The command was carried out before, and its answer is lost: this is told from the request as the log recorded it.'),
});
export type ReplyData = z.infer<typeof replyForm>;

export const commandsTopicOf = (prefix: string): string => `${prefix}.commands`;
export const repliesTopicOf = (prefix: string): string => `${prefix}.replies`;
