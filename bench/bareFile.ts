import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';

/** The floor that a log is measured against: what waits is written to the end of a file and fdatasync-ed, nothing else. */
export type BareFile = {
  /** Resolves when the text is on disk. Whatever is appended in one turn of the event loop shares one write and one sync. */
  append(text: string): Promise<void>;
  syncs(): number;
  close(): void;
};

/** Blocks the thread while it writes: without a hop to another thread this is as quick as a file gets. */
export const openBareFile = (path: string): BareFile => {
  const file = openSync(path, 'a');
  let texts: string[] = [];
  let waiting: (() => void)[] = [];
  let syncs = 0;
  const flush = (): void => {
    const group = texts.join('');
    const acknowledge = waiting;
    texts = [];
    waiting = [];
    writeSync(file, group);
    fdatasyncSync(file);
    syncs++;
    for (const resolve of acknowledge) resolve();
  };
  return {
    append: (text) =>
      new Promise((resolve) => {
        if (waiting.length === 0) setImmediate(flush);
        texts.push(text);
        waiting.push(resolve);
      }),
    syncs: () => syncs,
    close: () => closeSync(file),
  };
};
