import { connect } from 'node:net';

/** HAProxy reads a line of commands into one buffer, 16 KiB. */
const LINE_BYTES_MAX = 8 * 1024;
const ANSWER_MAX_MS = 5_000;

/** Sends one line to a socket of HAProxy and reads until it hangs up. @throws Error when nobody is there or no answer comes. */
export const askSocket = (path: string, line: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    // The end of what is asked: the master's socket would wait for more.
    const socket = connect({ path, allowHalfOpen: true }, () => socket.end(`${line}\n`));
    socket.setTimeout(ANSWER_MAX_MS, () => socket.destroy(new Error(`haproxy did not answer within ${ANSWER_MAX_MS} ms`)));
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', reject);
    socket.on('end', () => socket.destroy());
    socket.on('close', () => resolve(Buffer.concat(parts).toString()));
  });

/** What a command answers when it did nothing. */
const REFUSED = /unknown|invalid|not found|no such|require|fail|missing|denied|can't|cannot|error|exist/i;

/**
 * Commands that answer little, many at a time, in their order.
 * @param prefix of each, such as `@!42 ` for the worker of that process id
 * @throws Error with what HAProxy says against one of them
 */
export const tell = async (path: string, prefix: string, commands: readonly string[]): Promise<void> => {
  let line: string[] = [];
  let length = 0;
  const send = async (): Promise<void> => {
    if (line.length === 0) return;
    const answer = await askSocket(path, line.join(';'));
    if (REFUSED.test(answer)) throw new Error(`haproxy refused a command: ${answer.trim().replace(/\s+/g, ' ')}`);
    [line, length] = [[], 0];
  };
  for (const bare of commands) {
    const command = `${prefix}${bare}`;
    if (length + command.length + 1 > LINE_BYTES_MAX) await send();
    line.push(command);
    length += command.length + 1;
  }
  await send();
};
