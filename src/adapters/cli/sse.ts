/** One server-sent event (WHATWG HTML, 9.2). */
export type ServerEvent = { readonly event: string; readonly id: string | undefined; readonly data: string };

/** The events in a stream of text that is cut anywhere. Comments and heartbeats say nothing. */
export async function* eventsIn(chunks: AsyncIterable<string>): AsyncGenerator<ServerEvent, void> {
  let rest = '';
  let event = 'message';
  let id: string | undefined;
  let data: string[] = [];
  for await (const chunk of chunks) {
    rest += chunk;
    // A carriage return at the end may be half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event, id, data: data.join('\n') };
        event = 'message';
        data = [];
        continue;
      }
      const [, field, value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (field === 'event') event = value;
      else if (field === 'id') id = value;
      else if (field === 'data') data.push(value);
    }
  }
}
