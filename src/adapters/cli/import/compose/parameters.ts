import { isObject } from '../../../../domain/app/definition/readers.ts';
import type { Json } from '../../client.ts';
import type { Remarks } from './remarks.ts';
import { flagIn, numberIn, pairsIn, textIn, textsIn } from './values.ts';

export type Parameter = { readonly key: string; readonly value: string };
type Written = (value: unknown) => readonly string[] | undefined;

const text: Written = (value) => {
  const read = textIn(value);
  return read === undefined ? undefined : [read];
};
const number: Written = (value) => (numberIn(value) === undefined ? undefined : [String(numberIn(value))]);
const flag: Written = (value) => {
  const read = flagIn(value);
  return read === undefined ? undefined : read ? ['true'] : [];
};
const pairs =
  (separator: string): Written =>
  (value) =>
    pairsIn(value)?.map(([name, each]) => (each === null ? name : `${name}${separator}${each}`));

/** `{nofile: {soft: 1, hard: 2}}` or `{nproc: 3}`. */
const limits: Written = (value) =>
  isObject(value)
    ? Object.entries(value).map(([name, limit]) =>
        isObject(limit) ? `${name}=${textIn(limit.soft)}:${textIn(limit.hard)}` : `${name}=${textIn(limit)}`,
      )
    : undefined;

/** Fields of a service that an app has no field for, and the parameter of `docker run` that says the same. */
const PARAMETERS: Readonly<Record<string, readonly [key: string, written: Written]>> = {
  cap_add: ['cap-add', textsIn],
  cap_drop: ['cap-drop', textsIn],
  cgroup_parent: ['cgroup-parent', text],
  cpu_shares: ['cpu-shares', number],
  cpuset: ['cpuset-cpus', text],
  device_cgroup_rules: ['device-cgroup-rule', textsIn],
  devices: ['device', textsIn],
  dns: ['dns', textsIn],
  dns_opt: ['dns-option', textsIn],
  dns_search: ['dns-search', textsIn],
  domainname: ['domainname', text],
  extra_hosts: ['add-host', pairs(':')],
  group_add: ['group-add', textsIn],
  hostname: ['hostname', text],
  init: ['init', flag],
  ipc: ['ipc', text],
  mac_address: ['mac-address', text],
  mem_swappiness: ['memory-swappiness', number],
  memswap_limit: ['memory-swap', text],
  oom_kill_disable: ['oom-kill-disable', flag],
  oom_score_adj: ['oom-score-adj', number],
  pid: ['pid', text],
  pids_limit: ['pids-limit', number],
  read_only: ['read-only', flag],
  runtime: ['runtime', text],
  security_opt: ['security-opt', textsIn],
  shm_size: ['shm-size', text],
  stop_signal: ['stop-signal', text],
  sysctls: ['sysctl', pairs('=')],
  ulimits: ['ulimit', limits],
  userns_mode: ['userns', text],
  uts: ['uts', text],
  working_dir: ['workdir', text],
};

export const PARAMETER_FIELDS: readonly string[] = Object.keys(PARAMETERS);

export const parametersOf = (service: Json, at: string, found: Remarks): readonly Parameter[] => [
  ...Object.entries(PARAMETERS).flatMap(([field, [key, written]]) => {
    const value = service[field];
    if (value === undefined || value === null) return [];
    const values = written(value);
    if (values === undefined) found.refuse(`${at}.${field}`, 'is not in a form that can be read');
    if (!(values ?? []).some((each) => /^(service|container):/.test(each))) return (values ?? []).map((each) => ({ key, value: each }));
    found.leave(`${at}.${field}`, 'an instance shares nothing with another');
    return [];
  }),
  ...limitOfPids(service),
  ...loggingOf(service, at, found),
];

const limitOfPids = ({ deploy, pids_limit: own }: Json): readonly Parameter[] => {
  const pids = deploy?.resources?.limits?.pids;
  return pids === undefined || own !== undefined ? [] : [{ key: 'pids-limit', value: String(pids) }];
};

const loggingOf = ({ logging }: Json, at: string, found: Remarks): readonly Parameter[] => {
  if (!isObject(logging)) return [];
  const driver = textIn(logging.driver);
  if (driver !== undefined && !['json-file', 'local', 'journald'].includes(driver))
    found.note(`${at}.logging.driver`, `what goes to ${driver} cannot be read with 'wharf logs'`);
  return [
    ...(driver === undefined ? [] : [{ key: 'log-driver', value: driver }]),
    ...(pairsIn(logging.options) ?? []).map(([name, value]) => ({ key: 'log-opt', value: `${name}=${value ?? ''}` })),
  ];
};
