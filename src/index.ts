/**
 * What the published package offers to programs that embed the engine: the whole server; the engine and the log it stands on,
 * with the ports to give it other hosts, clocks and logs; and the kit of the charts. Whatever is not named here may change without notice.
 */
export { type EngineOptions, type RunningEngine, startEngine } from './actors/engine.ts';
export { systemClock } from './adapters/clock/systemClock.ts';
export { randomIds } from './adapters/ids/randomIds.ts';
export { openSqliteLog, type SqliteLog, type SqliteLogOptions, type SqliteLogStats } from './adapters/log/sqlite/sqliteLog.ts';
export type { AppDefinition } from './domain/app/definition/definition.ts';
export { parseApp } from './domain/app/definition/parse.ts';
export type { DeploymentFact, Tallies, Tally } from './domain/deployment/deployment.facts.ts';
export type { StrategyContext } from './domain/deployment/strategies/frame.ts';
export { strategies } from './domain/deployment/strategies/index.ts';
export { type Chart, chartOf } from './domain/kernel/chart/chart.ts';
export type { ChartState, Owed } from './domain/kernel/chart/state.ts';
export type { Command, Decision, Noun } from './domain/kernel/decider.ts';
export type { Principal, StreamName, Uuid } from './domain/kernel/ids.ts';
export {
  type Appended,
  type AppendFault,
  type Clock,
  type EventLog,
  type Ids,
  NO_STREAM,
  type StoredFact,
  type WireFact,
} from './domain/kernel/ports.ts';
export type { Fact, Metadata, Recorded } from './domain/kernel/recorded.ts';
export type { Refusal } from './domain/kernel/refusal.ts';
export type { Instant, Millis } from './domain/kernel/units.ts';
export type { Accepted, Engine, Request } from './domain/ports/engine.ts';
export type { HostFault, HostOffer, HostRuntime, Observed, RunSpec } from './domain/ports/hosts.ts';
export type { Views } from './domain/ports/views.ts';
export { type Server, type ServerOptions, startServer } from './main.ts';
export { createViews } from './projections/views.ts';
export { VERSION } from './version.ts';
