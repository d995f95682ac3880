import type { Trace } from '../../domain/ports/trace.ts';

export type Telemetry = {
  /** For the engine; absent where nobody wants spans, so that none are made for nobody. */
  readonly trace?: Trace;
  /** Sends what has not been sent yet. Never fails: a collector that is away must not keep the engine from stopping. */
  shutdown(): Promise<void>;
};

const OFF: Telemetry = { shutdown: async () => {} };

/**
 * Sends spans where the standard variables say (opentelemetry.io, "Environment Variable Specification"). Off unless an OTLP
 * endpoint or a trace exporter is named, and off with OTEL_SDK_DISABLED=true or OTEL_TRACES_EXPORTER=none.
 * The SDK is loaded only when it is on: it takes as long to load as the rest of the engine.
 */
export const startTelemetry = async ({
  serviceName,
  version,
}: {
  readonly serviceName: string;
  readonly version: string;
}): Promise<Telemetry> => {
  const { env } = process;
  if (!isWanted(env)) return OFF;
  const [{ NodeSDK }, { openTelemetryTrace }] = await Promise.all([import('@opentelemetry/sdk-node'), import('./openTelemetryTrace.ts')]);
  // Our metrics are Prometheus' and our log lines are pino's: only spans go this way.
  const sdk = new NodeSDK({ metricReaders: [], logRecordProcessors: [], ...(!isNamed(env) && { serviceName }) });
  sdk.start();
  return { trace: openTelemetryTrace(version), shutdown: () => sdk.shutdown().catch(() => {}) };
};

/** Whether these variables ask for spans. */
export const isWanted = (env: NodeJS.ProcessEnv): boolean => {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return false;
  const exporters = env.OTEL_TRACES_EXPORTER?.trim();
  if (exporters) return exporters !== 'none';
  return Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim() || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?.trim());
};

/** Whether the operator names the service; the SDK would let ours win. */
const isNamed = (env: NodeJS.ProcessEnv): boolean =>
  Boolean(env.OTEL_SERVICE_NAME?.trim()) || /(^|,)\s*service\.name\s*=/.test(env.OTEL_RESOURCE_ATTRIBUTES ?? '');
