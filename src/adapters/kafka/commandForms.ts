import { z } from 'zod';
import { TYPE_PREFIX } from './message.ts';

/** Type of the CloudEvent that asks for something, and of the one that answers. */
export const COMMAND_TYPE = `${TYPE_PREFIX}Command.v1`;
export const REPLY_TYPE = `${TYPE_PREFIX}Reply.v1`;

/** Reads have no place here: an answer holds what never leaves over Kafka. The present is told by topics. */
export const COMMAND_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** Operations that change what runs. Others, such as logging in or running a command in a container, are for those who hold the token. */
export const COMMAND_PATHS = [
  '/v2/apps',
  '/v2/groups',
  '/v2/pods',
  '/v2/tasks/delete',
  '/v2/queue',
  '/v2/deployments',
  '/v1/deployments',
  '/v1/nodes',
  '/v1/undo',
] as const;

/** Longest path with its query, in characters. */
export const PATH_MAX = 8_192;

const isBelow = (path: string): boolean => {
  const [bare = ''] = path.split('?');
  return COMMAND_PATHS.some((root) => bare === root || bare.startsWith(`${root}/`));
};

/** As a browser would send it: no `.` or `..`, however written. */
const isPlain = (path: string): boolean => {
  const base = 'http://engine';
  if (!URL.canParse(`${base}${path}`)) return false;
  const { pathname, search, host } = new URL(`${base}${path}`);
  return host === 'engine' && `${pathname}${search}` === path;
};

/** What a command asks for: one operation of the HTTP API. */
export const commandForm = z.strictObject({
  method: z.enum(COMMAND_METHODS),
  path: z
    .string()
    .max(PATH_MAX)
    .regex(/^\/[\x21\x22\x24-\x7e]*$/, 'must begin with a slash and hold no space, no # and nothing beyond ASCII: escape it with %')
    .refine(isPlain, 'must be a path with its query, without . or ..')
    .refine(isBelow, `must be one of ${COMMAND_PATHS.join(', ')} or below`)
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
