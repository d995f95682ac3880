import type { Json } from '../support/api.ts';

export type Event = { readonly event: string; readonly id?: string; readonly data: Json };

/** Somebody who listens to `/v2/events`. */
export type Listener = {
  readonly headers: Headers;
  text(): string;
  events(): readonly Event[];
  /** Resolves with the events once they say so. */
  waitFor(until: (events: readonly Event[]) => boolean): Promise<readonly Event[]>;
  close(): void;
};

export const listenTo = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Listener> => {
  const gone = new AbortController();
  const answer = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: gone.signal });
  if (answer.status !== 200 || answer.body === null) throw new Error(`${url}: ${answer.status}`);
  let text = '';
  const lookers = new Set<() => void>();
  const read = async (body: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      for (const look of [...lookers]) look();
    }
  };
  void read(answer.body).catch(() => undefined);
  const events = (): readonly Event[] => eventsIn(text);
  return {
    headers: answer.headers,
    text: () => text,
    events,
    waitFor: (until) =>
      new Promise((resolve) => {
        const look = (): void => {
          const heard = events();
          if (!until(heard)) return;
          lookers.delete(look);
          resolve(heard);
        };
        lookers.add(look);
        look();
      }),
    close: () => gone.abort(),
  };
};

const eventsIn = (text: string): readonly Event[] =>
  text
    .split('\r\n\r\n')
    .slice(0, -1)
    .map((frame) =>
      Object.fromEntries(frame.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])),
    )
    .flatMap(({ event, id, data }) =>
      event === undefined || data === undefined ? [] : [{ event, ...(id !== undefined && { id }), data: JSON.parse(data) }],
    );
