import { type GateReading, type GateSpec, type GateSpecOf, MAX_NOTE } from '../../domain/gate/gate.facts.ts';
import { type Growth, growthFrom, readPools } from '../../domain/gate/pools.ts';
import { fillQuery } from '../../domain/gate/query.ts';
import type { Clock } from '../../domain/kernel/ports.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';
import type { PoolCounters } from '../../domain/ports/balancer.ts';
import type { Counters, GateSources, MetricAnswer } from '../../domain/ports/gates.ts';
import type { Views } from '../../domain/ports/views.ts';
import { urlsOf } from './targets.ts';

export type Sources = { readonly views: Views; readonly clock: Clock; readonly sources?: GateSources; readonly counters?: Counters };
export type Subject = { readonly app: string; readonly fresh: string; readonly old: readonly string[] };

/** Asks one gate once; begun once per gate, as it counts from there. Never rejects. */
export type Meter = (subject: Subject) => Promise<GateReading>;

/** Longest that the balancers' counters are waited for, ms. */
const COUNTERS_TIMEOUT_MS = 5_000;
/** An answer of Prometheus may be of so much later than now: its clock is another one, ms. */
const AHEAD_MS = 60_000;

export const meterOf = (spec: GateSpec, began: Instant, ports: Sources): Meter => {
  const meter = meterOfKind(spec, began, ports);
  return async (subject) => {
    const { note, ...reading } = await meter(subject);
    return { ...reading, ...(note !== undefined && { note: note.slice(0, MAX_NOTE) }) };
  };
};

const meterOfKind = (spec: GateSpec, began: Instant, ports: Sources): Meter => {
  switch (spec.kind) {
    case 'http':
      return httpMeter(spec, began, ports);
    case 'prometheus':
      return prometheusMeter(spec, began, ports);
    case 'errorRate':
    case 'latency':
      return poolsMeter(spec, began, ports);
  }
};

/** The clock of a machine may be set back. */
const sinceOf = (clock: Clock, began: Instant): Millis => Math.max(0, clock.now() - began);

const httpMeter = (spec: GateSpecOf<'http'>, began: Instant, { views, clock, sources }: Sources): Meter => {
  let [samples, turn] = [0, 0];
  return async ({ app, fresh }) => {
    const urls = spec.url === undefined ? urlsOf(views, app, fresh, spec, turn++) : [spec.url];
    const verifyTls = spec.url !== undefined && spec.verifyTls;
    const timeoutMs = spec.timeoutSeconds * 1000;
    const answers = await Promise.all(urls.map(async (url) => sources?.http({ url, timeoutMs, verifyTls })));
    const told = answers.flatMap((answer) => answer ?? []);
    samples += told.length;
    const at = { gate: spec.name, atMs: sinceOf(clock, began), samples };
    if (sources === undefined) return { ...at, note: 'this engine asks no URLs' };
    if (told.length === 0) return { ...at, note: `no ready instance of the new version has a port ${spec.portIndex}` };
    const bad = told.flatMap((answer) =>
      answer._tag === 'Failed' ? [answer.cause] : answer.status >= 400 ? [`HTTP status ${answer.status}`] : [],
    );
    return { ...at, value: bad.length / told.length, ...(bad[0] !== undefined && { note: bad[0] }) };
  };
};

const prometheusMeter = (spec: GateSpecOf<'prometheus'>, began: Instant, { clock, sources }: Sources): Meter => {
  let samples = 0;
  const ask = async (app: string, version: string): Promise<MetricAnswer> => {
    const { url, verifyTls } = spec;
    if (sources === undefined) return { _tag: 'Nothing', why: 'this engine asks no Prometheus' };
    const query = fillQuery(spec.query, { app, version });
    return fresh(await sources.prometheus({ url, verifyTls, query, timeoutMs: spec.timeoutSeconds * 1000 }));
  };
  const fresh = (answer: MetricAnswer): MetricAnswer => {
    if (answer._tag === 'Nothing') return answer;
    const ageMs = clock.now() - answer.at;
    if (ageMs <= spec.staleSeconds * 1000 && ageMs >= -AHEAD_MS) return answer;
    return { _tag: 'Nothing', why: ageMs < 0 ? `the value is of ${-ageMs} ms ahead` : `the value is ${Math.floor(ageMs / 1000)} s old` };
  };
  return async (subject) => {
    const { app } = subject;
    const old = spec.maxOverBaseline === undefined ? [] : subject.old;
    const [answer, ...others] = await Promise.all([subject.fresh, ...old].map((version) => ask(app, version)));
    const at = { gate: spec.name, atMs: sinceOf(clock, began) };
    if (answer === undefined || answer._tag === 'Nothing') return { ...at, samples, note: answer?.why ?? 'no answer' };
    samples += 1;
    const baselines = others.flatMap((other) => (other._tag === 'Value' ? [other.value] : []));
    return { ...at, samples, value: answer.value, ...(baselines.length > 0 && { baseline: Math.min(...baselines) }) };
  };
};

const poolsMeter = (spec: GateSpecOf<'errorRate'> | GateSpecOf<'latency'>, began: Instant, { clock, counters }: Sources): Meter => {
  let growth: Growth | undefined;
  return async ({ app, fresh, old }) => {
    const all = counters === undefined ? 'no balancer counts requests' : await inTime(clock, counters);
    const at = { gate: spec.name, atMs: sinceOf(clock, began) };
    if (typeof all === 'string') return { ...at, samples: growth?.requests ?? 0, note: all };
    const pools = all.filter((pool) => pool.app === app);
    if (growth === undefined) {
      growth = growthFrom(pools);
      return { ...at, samples: 0, note: 'requests are counted from here on' };
    }
    const read = readPools(spec, growth, pools, { fresh, old }, at.atMs);
    growth = read.growth;
    return read.reading;
  };
};

/** What they answer, or why they did not. */
const inTime = (clock: Clock, counters: Counters): Promise<readonly PoolCounters[] | string> =>
  new Promise((resolve) => {
    const cancel = clock.schedule(COUNTERS_TIMEOUT_MS, () => resolve(`the balancer’s counters did not come in ${COUNTERS_TIMEOUT_MS} ms`));
    const settle = (answer: readonly PoolCounters[] | string): void => {
      cancel();
      resolve(answer);
    };
    counters().then(settle, (error) => settle(`the balancer’s counters cannot be read: ${String((error as Error)?.message ?? error)}`));
  });
