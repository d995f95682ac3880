import { connect, type Socket } from 'node:net';

/** A client of one connection at a time, which asks nothing twice: a broken connection is a failed request, whoever broke it. */
export type Client = {
  /** @throws Error where the answer is not whole. */
  ask(head: string, body: string): Promise<Answer>;
  close(): void;
};
export type Answer = { readonly status: number; readonly body: string };

const ANSWER_MAX_MS = 20_000;

export const clientOf = (port: number, isKept: boolean): Client => {
  let socket: Socket | undefined;
  let read = '';
  let look: (() => void) | undefined;

  const open = (): Socket => {
    const fresh = connect({ port, host: '127.0.0.1', noDelay: true });
    read = '';
    fresh.setEncoding('latin1');
    fresh.setTimeout(ANSWER_MAX_MS, () => fresh.destroy(new Error(`no answer within ${ANSWER_MAX_MS} ms`)));
    fresh.on('data', (text: string) => {
      read += text;
      look?.();
    });
    return fresh;
  };

  const ask: Client['ask'] = (head, body) =>
    new Promise((resolve, reject) => {
      const isReused = socket !== undefined;
      const mine = socket ?? open();
      socket = mine;
      const fail = (error?: Error): void => {
        look = undefined;
        mine.destroy();
        if (socket === mine) socket = undefined;
        const how = error?.message ?? 'the connection ended';
        reject(new Error(`${how} ${isReused ? 'on a kept connection' : 'on a new connection'} after ${read.length} bytes`));
      };
      const ended = (): void => fail();
      const done = (answer: Answer, mayStay: boolean): void => {
        look = undefined;
        mine.off('error', fail).off('close', ended);
        if (!isKept || !mayStay) {
          mine.on('error', () => undefined).end();
          socket = undefined;
        } else mine.on('error', gone).on('close', gone);
        resolve(answer);
      };
      // Ended between two requests, which is everybody's right.
      const gone = (): void => {
        if (socket === mine) socket = undefined;
      };
      mine.removeAllListeners('error').removeAllListeners('close').on('error', fail).on('close', ended);
      read = '';
      look = () => {
        const end = read.indexOf('\r\n\r\n');
        if (end < 0) return;
        const headers = read.slice(0, end);
        const length = Number(/^content-length: *(\d+)/im.exec(headers)?.[1] ?? Number.NaN);
        if (Number.isNaN(length)) return fail(new Error(`an answer of unknown length: ${headers}`));
        if (read.length < end + 4 + length) return;
        done({ status: Number(headers.slice(9, 12)), body: read.slice(end + 4, end + 4 + length) }, !/^connection: *close/im.test(headers));
      };
      const connection = isKept ? '' : 'Connection: close\r\n';
      mine.write(`${head}Host: app\r\n${connection}Content-Length: ${body.length}\r\n\r\n${body}`);
    });
  return { ask, close: () => socket?.destroy() };
};
