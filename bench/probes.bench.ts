/**
 * Do probes start on time? 500 HTTP and TCP checks every 10 s against a server in a process of its own, and 50 COMMAND checks every 30 s
 * as `sh -c true` beside 50 native processes.
 *   node bench/probes.bench.ts [--json] [--seconds 60]
 * Lateness is from the time when a probe is due to the moment when it is begun, on the wall clock.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createProber, LATE_START_MS } from '../src/actors/prober.ts';
import { systemClock } from '../src/adapters/clock/systemClock.ts';
import { realProbe } from '../src/adapters/probes/probes.ts';
import type { HealthCheck, HealthProtocol } from '../src/domain/app/definition/checks.ts';
import { openTemporaryHost, processSpec } from '../test/adapters/hosts/process/harness.ts';

const NETWORK_CHECKS = 500;
const NETWORK_INTERVAL_S = 10;
const COMMAND_CHECKS = 50;
const COMMAND_INTERVAL_S = 30;
const SERVING = 'serve';

const serve = async (): Promise<void> => {
  const listening = async (server: Server): Promise<number> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const http = await listening(createHttpServer((_, response) => response.end('fine')));
  const tcp = await listening(createServer((socket) => socket.resume().on('error', () => {})));
  process.send?.({ http, tcp });
  process.on('disconnect', () => process.exit());
};

const check = (protocol: HealthProtocol, intervalSeconds: number): HealthCheck => ({
  protocol,
  intervalSeconds,
  gracePeriodSeconds: 0,
  timeoutSeconds: 5,
  maxConsecutiveFailures: 3,
  delaySeconds: 0,
  ipProtocol: 'IPv4',
  ignoreHttp1xx: false,
  path: '/health',
  command: { value: 'true' },
});

const measure = async (seconds: number) => {
  const server = fork(fileURLToPath(import.meta.url), [SERVING]);
  const [ports] = (await once(server, 'message')) as [{ http: number; tcp: number }];
  const opened = await openTemporaryHost();
  const natives: string[] = [];
  for (let index = 0; index < COMMAND_CHECKS; index++) {
    const spec = processSpec({ cpus: 0.01, mem: 16 });
    const started = await opened.host.run(spec)();
    if (started._tag === 'Left') throw new Error(`cannot start a native process: ${started.left.message}`);
    natives.push(spec.instance);
  }

  const clock = systemClock();
  const lateness: number[] = [];
  const unhealthy: string[] = [];
  let ready = 0;
  const prober = createProber({
    clock,
    probe: realProbe,
    onStart: (ms) => lateness.push(ms),
    report: (instance, event) => {
      if (event.type === 'ready') ready++;
      else if (event.type === 'unhealthy') unhealthy.push(`${instance}: ${event.cause}`);
    },
  });
  const before = process.cpuUsage();
  const startedAt = clock.now();
  const subject = { startedAt, address: '127.0.0.1', readinessChecks: [], host: opened.host };
  for (let index = 0; index < NETWORK_CHECKS; index++) {
    const kind = index % 2 === 0 ? 'HTTP' : 'TCP';
    const port = kind === 'HTTP' ? ports.http : ports.tcp;
    prober.watch({ ...subject, instance: `net-${index}`, ports: [{ port }], healthChecks: [check(kind, NETWORK_INTERVAL_S)] });
  }
  for (const instance of natives) prober.watch({ ...subject, instance, ports: [], healthChecks: [check('COMMAND', COMMAND_INTERVAL_S)] });

  await new Promise<void>((resolve) => clock.schedule(seconds * 1000, resolve));
  const took = process.cpuUsage(before);
  const { started, lateStarts, worstLatenessMs } = prober.gauges();
  prober.close();
  server.disconnect();
  await opened.cleanup();

  lateness.sort((a, b) => a - b);
  return {
    seconds,
    cores: cpus().length,
    checks: { network: NETWORK_CHECKS, everySeconds: NETWORK_INTERVAL_S, command: COMMAND_CHECKS, commandEverySeconds: COMMAND_INTERVAL_S },
    probes: started,
    ready,
    unhealthy,
    latenessMs: {
      p50: lateness[Math.floor(lateness.length * 0.5)],
      p99: lateness[Math.floor(lateness.length * 0.99)],
      max: worstLatenessMs,
    },
    laterThanMs: LATE_START_MS,
    lateStarts,
    cpuPercentOfOneCore: Math.round((took.user + took.system) / (seconds * 10_000)),
  };
};

if (process.argv.includes(SERVING)) await serve();
else {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false }, seconds: { type: 'string', default: '60' } } });
  const result = await measure(Number(values.seconds));
  if (values.json) console.log(JSON.stringify(result, undefined, 2));
  else {
    const { probes, latenessMs, lateStarts, ready, unhealthy, cpuPercentOfOneCore } = result;
    console.log(
      `${NETWORK_CHECKS} HTTP/TCP checks every ${NETWORK_INTERVAL_S} s, ${COMMAND_CHECKS} COMMAND checks every ${COMMAND_INTERVAL_S} s`,
    );
    console.log(`${probes} probes in ${result.seconds} s on ${result.cores} cores; ${ready} ready, ${unhealthy.length} unhealthy`);
    console.log(`start late by: median ${latenessMs.p50} ms, p99 ${latenessMs.p99} ms, most ${latenessMs.max} ms; over 1 s: ${lateStarts}`);
    console.log(`cpu of the prober's process: ${cpuPercentOfOneCore} % of one core`);
  }
  if (result.lateStarts > 0 || result.unhealthy.length > 0) process.exitCode = 1;
}
