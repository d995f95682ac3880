import { constants } from 'node:os';
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import type { Exit, Observed } from '../../../domain/ports/hosts.ts';
import { LABEL } from './labels.ts';
import { readPodLabel } from './podLabel.ts';

/** From the engine's words to the port's. */
const statusOf = (state: string): Observed['status'] => {
  if (state === 'created') return 'created';
  return state === 'exited' || state === 'dead' || state === 'removing' ? 'exited' : 'running';
};

const SIGNALS: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals)
    // Some numbers have two names; the older one comes first and is the common one.
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** The shell's convention, which the engine follows too: 128 + n for "ended by signal n". */
const SIGNAL_BASE = 128;
const SIGKILL = 9;

/**
 * @param oomSeen an `oom` event of this container was seen: the kernel may have killed its first process without the engine's
 *   noticing (`OOMKilled` stays false), and then it ended by SIGKILL.
 */
export const exitOf = (state: { ExitCode: number; OOMKilled: boolean; FinishedAt: string }, oomSeen: boolean): Exit => {
  const signal = state.ExitCode > SIGNAL_BASE ? SIGNALS.get(state.ExitCode - SIGNAL_BASE) : undefined;
  const at = instantOf(state.FinishedAt);
  return {
    ...(signal === undefined ? { exitCode: state.ExitCode } : { signal }),
    oom: state.OOMKilled || (oomSeen && state.ExitCode === SIGNAL_BASE + SIGKILL),
    ...(at === undefined ? {} : { at }),
  };
};

/** Year 1 is Go's way to say "never". */
const instantOf = (text: string): number | undefined => {
  const at = Date.parse(text);
  return Number.isNaN(at) || at <= 0 ? undefined : at;
};

const addressesOf = (networks: Readonly<Record<string, { readonly IPAddress?: string }>> | undefined): readonly string[] =>
  Object.values(networks ?? {}).flatMap(({ IPAddress }) => (IPAddress === undefined || IPAddress === '' ? [] : [IPAddress]));

/** One container as `ContainerInspect` shows it. */
export const observedOf = (container: ContainerInspectInfo, oomSeen: boolean): Observed => {
  const status = statusOf(container.State.Status);
  const startedAt = instantOf(container.State.StartedAt);
  return {
    instance: container.Config.Labels[LABEL.instance] ?? '',
    id: container.Id,
    status,
    ...(startedAt === undefined ? {} : { startedAt }),
    ipAddresses: addressesOf(container.NetworkSettings.Networks),
    ...heldBy(container.Config.Labels),
    ...(status === 'exited' ? { exit: exitOf(container.State, oomSeen) } : {}),
  };
};

/** One row of `ContainerList`, which tells neither when something started nor how it ended. */
export const listedOf = (row: ContainerInfo): Observed => ({
  instance: row.Labels[LABEL.instance] ?? '',
  id: row.Id,
  status: statusOf(row.State),
  ipAddresses: addressesOf(row.NetworkSettings?.Networks),
  ...heldBy(row.Labels),
});

const heldBy = (labels: Readonly<Record<string, string>>): Pick<Observed, 'holds'> => {
  const label = readPodLabel(labels);
  if (label === undefined) return {};
  const { containers, killGraceMs } = label;
  return { holds: { containers, ...(killGraceMs === undefined ? {} : { killGraceMs }) } };
};
