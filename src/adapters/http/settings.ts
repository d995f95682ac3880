/** How this engine was set up, as far as the API tells it; nothing secret among it. */
export type Settings = {
  /** What the operator chose or left as it is, by the names of the options. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly allowOrigins: readonly string[];
  readonly maxConcurrentRequests?: number;
  readonly maxRunningDeployments?: number;
};

/** The engine's own log, as far as its level goes; pino's. */
export type LeveledLog = { level: string };
