import { context, defaultTextMapGetter, propagation, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { either as E } from 'fp-ts';
import type { Trace } from '../../domain/ports/trace.ts';

/** The engine's own work as spans of the trace that the facts carry. Clients called within find theirs as the active context. */
export const openTelemetryTrace = (version: string): Trace => {
  const tracer = trace.getTracer('wharfinger.engine', version);
  return (name, traceparent, attributes, work) => {
    const parent = propagation.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter);
    const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, parent);
    return context.with(trace.setSpan(parent, span), async () => {
      try {
        const result = await work();
        if (E.isLeft(result)) failed(span, result.left._tag, result.left);
        return result;
      } catch (error) {
        failed(span, error instanceof Error ? error.name : 'unknown', error);
        throw error;
      } finally {
        span.end();
      }
    });
  };
};

/** `error.type` is what OpenTelemetry's semantic conventions call the class of an error. */
const failed = (span: Span, type: string, fault: unknown): void => {
  span.setAttribute('error.type', type);
  const message = (fault as { readonly message?: unknown }).message;
  span.setStatus({ code: SpanStatusCode.ERROR, ...(typeof message === 'string' && { message }) });
};
