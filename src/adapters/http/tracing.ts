import { context, isSpanContextValid, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { FastifyRequest } from 'fastify';
import type { Server } from './surroundings.ts';

declare module 'fastify' {
  interface FastifyRequest {
    span?: Span;
  }
}

/** W3C Trace Context, version 00, with neither id all zeros. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** One server span per request, child of the caller's. Without an SDK these spans are no-ops and the caller's own context goes on. */
export const traceRequests = (server: Server): void => {
  const tracer = trace.getTracer('wharfinger.http');
  server.addHook('onRequest', async (request) => {
    const parent = propagation.extract(context.active(), request.headers);
    const route = request.routeOptions.url ?? 'unknown';
    request.span = tracer.startSpan(
      `${request.method} ${route}`,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': request.method, 'http.route': route } },
      parent,
    );
  });
  server.addHook('onResponse', async ({ span }, { statusCode }) => {
    span?.setAttribute('http.response.status_code', statusCode);
    if (statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
  });
};

/** What the facts that follow from this request point to: our span where there is one, else the caller's. */
export const traceparentOf = ({ span, headers }: FastifyRequest): string | undefined => {
  const own = span?.spanContext();
  if (own !== undefined && isSpanContextValid(own) && span?.isRecording() === true)
    return `00-${own.traceId}-${own.spanId}-${own.traceFlags.toString(16).padStart(2, '0')}`;
  const { traceparent } = headers;
  return typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined;
};
