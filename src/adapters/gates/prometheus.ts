import { z } from 'zod';
import type { MetricAnswer, PrometheusQuestion } from '../../domain/ports/gates.ts';
import { get } from './get.ts';

/** Longest answer that is read, bytes: a query that answers one value needs less than one kilobyte. */
const ANSWER_LIMIT = 1024 * 1024;

/** Instant, s, and value as a text, which may be NaN or infinite. */
const sample = z.tuple([z.number(), z.string()]);
/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
const answer = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: sample.optional() })) }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
      z.object({ resultType: z.literal('string'), result: z.unknown() }),
      z.object({ resultType: z.literal('matrix'), result: z.unknown() }),
    ]),
  }),
  z.object({ status: z.literal('error'), errorType: z.string().optional(), error: z.string().optional() }),
]);

/** An instant query whose answer is one value; whatever else comes back teaches nothing, and says why. */
export const askPrometheus = async ({ query, ...question }: PrometheusQuestion): Promise<MetricAnswer> => {
  const got = await get({ ...question, url: queryUrl(question.url, query) }, ANSWER_LIMIT);
  if ('cause' in got) return nothing(got.cause);
  const parsed = answer.safeParse(jsonOf(got.body));
  if (!parsed.success) return nothing(got.status === 200 ? 'the answer is not one of Prometheus’ query API' : `HTTP status ${got.status}`);
  if (parsed.data.status === 'error') return nothing(parsed.data.error ?? parsed.data.errorType ?? `HTTP status ${got.status}`);
  if (got.status !== 200) return nothing(`HTTP status ${got.status}`);
  const { data } = parsed.data;
  if (data.resultType === 'scalar') return told(data.result);
  if (data.resultType !== 'vector') return nothing(`the query answers a ${data.resultType}; it must answer one value`);
  const [only, ...others] = data.result;
  if (only === undefined) return nothing('the query finds no series');
  if (others.length > 0) return nothing(`the query answers ${data.result.length} values; it must answer one`);
  return only.value === undefined ? nothing('the query answers a histogram; it must answer one value') : told(only.value);
};

const queryUrl = (base: string, query: string): string => {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/query`;
  url.searchParams.set('query', query);
  return url.href;
};

/** NaN is what nothing divided by nothing comes to. An infinite value is beyond any limit, and is kept as the greatest number there is. */
const told = ([seconds, text]: z.infer<typeof sample>): MetricAnswer => {
  const value = text === '+Inf' || text === 'Inf' ? Number.MAX_VALUE : text === '-Inf' ? -Number.MAX_VALUE : Number(text);
  if (Number.isNaN(value) || text.trim() === '') return nothing('the value is NaN');
  return { _tag: 'Value', value, at: Math.round(seconds * 1000) };
};

const nothing = (why: string): MetricAnswer => ({ _tag: 'Nothing', why });

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
