import type { Instant, Millis } from '../kernel/units.ts';
import type { PoolCounters } from './balancer.ts';

/** Whom gates ask. Each call answers within `timeoutMs` or soon after, and never rejects. */
export type GateSources = {
  /** Asks a URL once; redirections are answers. */
  http(question: HttpQuestion): Promise<HttpAnswer>;
  /** One instant query of Prometheus' HTTP API. */
  prometheus(question: PrometheusQuestion): Promise<MetricAnswer>;
};

export type HttpQuestion = { readonly url: string; readonly timeoutMs: Millis; readonly verifyTls: boolean };
export type PrometheusQuestion = HttpQuestion & { readonly query: string };

export type HttpAnswer =
  | { readonly _tag: 'Answered'; readonly status: number }
  /** No answer, or none that could be read. */
  | { readonly _tag: 'Failed'; readonly cause: string };

export type MetricAnswer =
  /** `at`: the instant that the value is of. */
  | { readonly _tag: 'Value'; readonly value: number; readonly at: Instant }
  /** Nothing was learned. */
  | { readonly _tag: 'Nothing'; readonly why: string };

/** Counters of all pools of all balancers. @throws Error where one of them cannot be asked */
export type Counters = () => Promise<readonly PoolCounters[]>;
