import { openPast } from '../../src/openPast.ts';
import { createPastServer } from '../../src/pastServer.ts';

/** One question to a log, in a process that has just started: `ask.ts <log> <path>`. */
export type Told = {
  /** Milliseconds from the start of the process until its code was loaded, until the log was open, and until the answer was there. */
  readonly loadedMs: number;
  readonly openedMs: number;
  readonly answeredMs: number;
  readonly status: number;
  readonly bytes: number;
  readonly rssBytes: number;
};

const [file = '', path = ''] = process.argv.slice(2);
const loadedMs = performance.now();
const past = openPast({ file, readOnly: true });
const http = createPastServer({ past, auth: 'none' });
await http.ready();
const openedMs = performance.now();
const answer = await http.inject({ method: 'GET', url: path, headers: { host: 'localhost' } });
const told: Told = {
  loadedMs,
  openedMs,
  answeredMs: performance.now(),
  status: answer.statusCode,
  bytes: answer.rawPayload.length,
  rssBytes: process.memoryUsage.rss(),
};
if (answer.statusCode !== 200) process.stderr.write(`${path}: ${answer.body}\n`);
process.stdout.write(JSON.stringify(told));
process.exit(0);
