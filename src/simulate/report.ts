import { cpus, totalmem } from 'node:os';
import { table } from '../adapters/cli/render.ts';
import type { Marks } from './course.ts';

const MICROS_PER_SECOND = 1e6;

/** What a simulation came to. Times are seconds, sizes bytes. */
export type Report = {
  readonly name: 'simulate';
  readonly profile: string;
  readonly seed: number;
  readonly machine: string;
  readonly hosts: number;
  /** Where the hosts live, if not in the engine's process. */
  readonly apart?: string;
  readonly registration: { readonly hosts: number; readonly seconds: number; readonly hostsPerSecond: number };
  readonly workload?: WorkloadReport;
  readonly peakRssBytes: number;
};

export type WorkloadReport = {
  readonly apps: number;
  readonly instances: number;
  /** At the end. */
  readonly running: number;
  /** Starts of containers, those that were started again included. */
  readonly started: number;
  readonly allRan: boolean;
  /** Why not all ran, each reason once. */
  readonly because: readonly string[];
  readonly seconds: Marks;
  readonly instancesPerSecond: number;
  readonly facts: number;
  readonly factsPerInstance: number;
  readonly bytesPerInstance: number;
  readonly fsyncs: number;
  readonly cpuSeconds: { readonly process: number; readonly mainThread: number; readonly logThread: number };
  readonly mainMicrosPerInstance: number;
  /** Faults that befell the hosts of this process, by kind. */
  readonly faults: Readonly<Record<string, number>>;
};

export const machine = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`;

/** CPU time so far, seconds. */
export const cpuNow = (): { readonly process: number; readonly mainThread: number } => {
  const [all, main] = [process.cpuUsage(), process.threadCpuUsage()];
  return { process: (all.user + all.system) / MICROS_PER_SECOND, mainThread: (main.user + main.system) / MICROS_PER_SECOND };
};

/** Highest memory in use since the process began, bytes. */
export const peakRss = (): number => process.resourceUsage().maxRSS * 1024;

export const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
export const whole = (figure: number): string => Math.round(figure).toLocaleString('en');

/** The report as a table for people. */
export const reportText = (report: Report): string => {
  const { registration, workload } = report;
  const rows: (readonly [string, string])[] = [
    ['profile', `${report.profile}, seed ${report.seed}`],
    ['hosts', `${whole(report.hosts)}${report.apart === undefined ? '' : ` at ${report.apart}`}`],
    ['registered', `${whole(registration.hosts)} in ${span(registration.seconds)}, ${whole(registration.hostsPerSecond)} a second`],
  ];
  if (workload !== undefined) {
    const { seconds, cpuSeconds } = workload;
    rows.push(
      [
        'instances',
        `${whole(workload.running)} of ${whole(workload.instances)} run, after ${whole(workload.started)} starts, in ${whole(workload.apps)} apps`,
      ],
      ['first · 95 % · 99 % · all', [seconds.first, seconds.p95, seconds.p99, seconds.all].map(span).join(' · ')],
      ['rate', `${whole(workload.instancesPerSecond)} instances a second`],
      [
        'facts',
        `${whole(workload.facts)}, ${workload.factsPerInstance.toFixed(2)} and ${whole(workload.bytesPerInstance)} bytes of log per instance`,
      ],
      ['fsyncs', `${whole(workload.fsyncs)}, ${(workload.facts / Math.max(1, workload.fsyncs)).toFixed(1)} facts each`],
      [
        'CPU seconds',
        `${cpuSeconds.process.toFixed(2)}: main thread ${cpuSeconds.mainThread.toFixed(2)} (${workload.mainMicrosPerInstance.toFixed(1)} µs per instance), log thread ${cpuSeconds.logThread.toFixed(2)}`,
      ],
    );
    const faults = Object.entries(workload.faults);
    if (faults.length > 0) rows.push(['faults', faults.map(([kind, count]) => `${kind} ${whole(count)}`).join(', ')]);
    for (const why of workload.because) rows.push(['not all ran', why]);
  }
  rows.push(['peak memory', megabytes(report.peakRssBytes)], ['machine', report.machine]);
  return table(['WHAT', 'FIGURE'], rows);
};

const span = (seconds: number | undefined): string => (seconds === undefined ? '–' : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`);
