import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One span as OTLP's JSON form tells it, with the service that sent it. */
export type CollectedSpan = {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 0 unset, 1 ok, 2 error. */
  readonly status: number;
};

export type Collector = { readonly endpoint: string; readonly spans: readonly CollectedSpan[]; close(): Promise<void> };

type Attributes = readonly { key: string; value: Record<string, unknown> }[];
type WireSpan = {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  attributes?: Attributes;
  status?: { code?: number };
};
type Export = { resourceSpans: readonly { resource: { attributes: Attributes }; scopeSpans: readonly { spans: readonly WireSpan[] }[] }[] };

const valuesOf = (attributes: Attributes = []) => Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** Takes spans over OTLP/HTTP as JSON (opentelemetry.io, "OTLP Specification", OTLP/HTTP), on a loopback port of its own. */
export const startCollector = async (): Promise<Collector> => {
  const spans: CollectedSpan[] = [];
  const take = ({ resourceSpans }: Export): void => {
    for (const { resource, scopeSpans } of resourceSpans)
      for (const span of scopeSpans.flatMap((scope) => scope.spans))
        spans.push({
          service: String(valuesOf(resource.attributes)['service.name']),
          name: span.name,
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId || undefined,
          attributes: valuesOf(span.attributes),
          status: span.status?.code ?? 0,
        });
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end();
    take(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
