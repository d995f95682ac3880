import { openPast } from '../../src/openPast.ts';
import { createPastServer } from '../../src/pastServer.ts';

/** One question to a log, in a process that has just started: `ask.ts <log> <path>`. */
export type Told = {
  /** Milliseconds from the start of the process until its code was loaded, until the log was open, and until the answer was there. */
  readonly loadedMs: number;
  readonly openedMs: number;
  readonly answeredMs: number;
  /** Of all its threads, from the opened log on: what it is where others take the machine's time. */
  readonly answerCpuMs: number;
  readonly status: number;
  readonly bytes: number;
  readonly peakRssBytes: number;
};

const [file = '', path = ''] = process.argv.slice(2);
const loadedMs = performance.now();
const past = openPast({ file, readOnly: true });
const http = createPastServer({ past, auth: 'none' });
await http.ready();
const openedMs = performance.now();
const cpuBefore = process.cpuUsage();
const answer = await http.inject({ method: 'GET', url: path, headers: { host: 'localhost' } });
const answeredMs = performance.now();
const cpu = process.cpuUsage(cpuBefore);
const told: Told = {
  loadedMs,
  openedMs,
  answeredMs,
  answerCpuMs: (cpu.user + cpu.system) / 1000,
  status: answer.statusCode,
  bytes: answer.rawPayload.length,
  peakRssBytes: process.resourceUsage().maxRSS * 1024,
};
if (answer.statusCode !== 200) process.stderr.write(`${path}: ${answer.statusCode} ${answer.body.slice(0, 500)}\n`);
process.stdout.write(JSON.stringify(told));
process.exit(0);
