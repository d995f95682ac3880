import { context, propagation, trace } from '@opentelemetry/api';
import { either as E } from 'fp-ts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import { createHttp } from '../../../src/adapters/http/http.ts';
import { isWanted, startTelemetry, type Telemetry } from '../../../src/adapters/telemetry/startTelemetry.ts';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import { sentenceOf } from '../../../src/projections/sentences.ts';
import { type Collector, startCollector } from '../../support/collector.ts';
import { memoryLog } from '../../support/memoryLog.ts';
import { addNode, createWorld, until, type World } from '../../support/world.ts';

describe('whether spans are sent', () => {
  test.for<[string, NodeJS.ProcessEnv, boolean]>([
    ['nothing is said', {}, false],
    ['an endpoint is named', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, true],
    ["the traces' own endpoint is named", { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318/v1/traces' }, true],
    ["only the metrics' endpoint is named", { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c:4318/v1/metrics' }, false],
    ['the endpoint is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, false],
    ['an exporter is named', { OTEL_TRACES_EXPORTER: 'console' }, true],
    ['the exporter is none', { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, false],
    ['the SDK is disabled', { OTEL_SDK_DISABLED: 'TRUE', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, false],
  ])('when %s', ([, env, wanted]) => expect(isWanted(env)).toBe(wanted));

  test('when it is not wanted, the engine gets nothing to trace with', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', '');
    vi.stubEnv('OTEL_TRACES_EXPORTER', '');
    expect((await startTelemetry({ serviceName: 'wharfinger', version: '0' })).trace).toBeUndefined();
  });
});

describe('one trace', () => {
  let collector: Collector;
  let telemetry: Telemetry;

  beforeEach(async () => {
    collector = await startCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.endpoint);
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
    vi.stubEnv('OTEL_TRACES_EXPORTER', '');
    telemetry = await startTelemetry({ serviceName: 'wharfinger', version: '1.2.3' });
  });

  afterEach(async () => {
    await telemetry.shutdown();
    for (const api of [trace, context, propagation]) api.disable();
    vi.unstubAllEnvs();
    await collector.close();
  });

  /** Asks the API to deploy, as a client that is part of a trace of its own. */
  const deploy = async (world: World) => {
    const { traceId, spanId } = trace.getTracer('client').startSpan('client').spanContext();
    const http = createHttp({ engine: world.engine, sentenceOf, auth: 'none', version: '1.2.3' });
    const response = await http.inject({
      method: 'POST',
      url: '/v2/apps',
      headers: { host: '127.0.0.1', traceparent: `00-${traceId}-${spanId}-01` },
      payload: { id: '/web', cmd: 'serve', cpus: 0.1, mem: 32, instances: 1 },
    });
    expect(response.statusCode).toBe(201);
    await http.close();
    return { traceId, clientSpanId: spanId };
  };
  const isReady = (world: World) => () => world.engine.views.instances.ofApp('/web').some(({ state }) => state === 'running.unchecked');
  const start = async (more: { traced: boolean }) => {
    const log = memoryLog();
    const world = await createWorld({
      log,
      clock: systemClock(),
      ...(more.traced && telemetry.trace !== undefined && { trace: telemetry.trace }),
    });
    await addNode(world, 'n1');
    return { log, world };
  };

  test('holds the request, the appends that it led to and the host calls that these came to owe', async () => {
    const { log, world } = await start({ traced: true });
    const { traceId, clientSpanId } = await deploy(world);
    await until(world, isReady(world), 'the instance runs');
    const [instance] = world.engine.views.instances.ofApp('/web');
    await world.engine.stop();
    await telemetry.shutdown();

    const mine = collector.spans.filter((span) => span.traceId === traceId);
    const [request, ...more] = mine.filter(({ name }) => name === 'POST /v2/apps');
    expect(more).toEqual([]);
    expect(request).toMatchObject({ service: 'wharfinger', parentSpanId: clientSpanId, status: 0 });
    const ours = mine.filter((span) => span !== request);
    expect(new Set(ours.map((span) => span.parentSpanId))).toEqual(new Set([request?.spanId]));
    const appended = ours.filter(({ name }) => name === 'log.append').map(({ attributes }) => attributes['wharfinger.stream']);
    const instanceStream = streamOf('instance', instance?.id ?? '');
    expect(appended).toEqual(expect.arrayContaining(['app-/web', instanceStream]));
    expect(ours.filter(({ name }) => name === 'host.run')).toEqual([
      expect.objectContaining({ attributes: { 'wharfinger.stream': instanceStream, 'wharfinger.node': 'n1' }, status: 0 }),
    ]);
    // What the spans show stands in the facts too, so it also holds for what is performed after a restart.
    const started = log.facts.find(({ type }) => type === 'ContainerStarted.v1');
    expect(started?.meta.traceparent).toBe(`00-${traceId}-${request?.spanId}-01`);
  });

  test('goes on in an engine that was restarted before it performed', async () => {
    const { world } = await start({ traced: true });
    const host = world.hosts.host('n1', { hostname: 'n1', address: '127.0.0.1', cpus: 16, mem: 65_536, disk: 1_000_000, gpus: 0 });
    host.partition();
    const { traceId } = await deploy(world);
    const isOwed = () => world.engine.views.instances.ofApp('/web').some(({ state }) => state === 'starting');
    await until(world, isOwed, 'the instance has its place');
    await world.restart();
    host.heal();
    await until(world, isReady(world), 'the instance runs');
    await world.engine.stop();
    await telemetry.shutdown();
    const runs = collector.spans.filter((span) => span.traceId === traceId && span.name === 'host.run');
    expect(runs.filter(({ status }) => status === 0)).toHaveLength(1);
  });

  test('shows what failed, and answers as the work does', async () => {
    const traced = telemetry.trace;
    if (traced === undefined) throw new Error('off');
    const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const fault = E.left({ _tag: 'HostUnreachable', message: 'no route' });
    expect(await traced('host.run', parent, {}, async () => fault)).toBe(fault);
    await expect(traced('host.run', parent, {}, () => Promise.reject(new TypeError('a defect')))).rejects.toThrow('a defect');
    await telemetry.shutdown();
    expect(
      collector.spans.map(({ traceId, parentSpanId, status, attributes }) => [traceId, parentSpanId, status, attributes['error.type']]),
    ).toEqual([
      ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331', 2, 'HostUnreachable'],
      ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331', 2, 'TypeError'],
    ]);
  });

  test('an operator who names the service has it so', async () => {
    await telemetry.shutdown();
    for (const api of [trace, context, propagation]) api.disable();
    vi.stubEnv('OTEL_SERVICE_NAME', 'harbour');
    telemetry = await startTelemetry({ serviceName: 'wharfinger', version: '1.2.3' });
    trace.getTracer('test').startSpan('one').end();
    await telemetry.shutdown();
    expect(collector.spans.map(({ service }) => service)).toEqual(['harbour']);
  });
});
