import { join } from 'node:path';
import { BYTES_PER_MEBIBYTE } from '../../../domain/kernel/units.ts';
import type { RunSpec } from '../../../domain/ports/hosts.ts';
import type { Capabilities, CgroupController } from './capabilities.ts';

/** Numeric, because the shim asks no name service. */
export type RunAs = { readonly uid: number; readonly gid: number; readonly hasAccount: boolean };

export type LaunchPlan = {
  readonly spec: RunSpec;
  /** Absolute path and arguments. */
  readonly argv: readonly string[];
  readonly sandbox: string;
  /** Absent: the engine's own user. */
  readonly runAs?: RunAs;
  readonly capabilities: Capabilities;
  readonly rotation: Rotation;
};

/** Bytes after which an output file is put aside, and how many files of each stream are kept, the current one included. */
export type Rotation = { readonly bytesPerFile: number; readonly files: number };

/** Length of the kernel's cpu accounting period, in microseconds; the kernel's own default. */
const CPU_PERIOD_US = 100_000;
/** The kernel refuses a smaller quota. */
const CPU_QUOTA_MIN_US = 1000;

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Names that a shell reserves, computes or obeys; they are handed over by env(1) instead of being exported. */
const SHELL_OWN =
  /^(?:BASH.*|SHELLOPTS|UID|EUID|PPID|IFS|OPTIND|OPTARG|LINENO|PS[0-9]|ENV|_|RANDOM|SECONDS|FUNCNAME|GROUPS|DIRSTACK|PIPESTATUS)$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Everything the application will see, as the definition gives it, beneath what this runtime promises. */
export const environmentOf = (spec: RunSpec, sandbox: string): Readonly<Record<string, string>> => ({
  PATH: DEFAULT_PATH,
  HOME: sandbox,
  ...spec.env,
  MESOS_SANDBOX: sandbox,
  MESOS_DIRECTORY: sandbox,
});

/** POSIX sh quoting that holds for every byte but NUL. */
export const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The file that the shim sources: settings first, then the functions that end in the application. Holds secrets: mode 0600. */
export const launchFile = (plan: LaunchPlan): string => {
  const { spec, capabilities, runAs } = plan;
  const environment = Object.entries(environmentOf(spec, plan.sandbox));
  const exported = environment.filter(([key]) => IDENTIFIER.test(key) && !SHELL_OWN.test(key));
  const odd = environment.filter(([key]) => !(IDENTIFIER.test(key) && !SHELL_OWN.test(key)));
  const own = (controller: CgroupController) => {
    const parent = capabilities.cgroups[controller];
    return parent === undefined ? '' : join(parent, spec.instance);
  };
  const parents = Object.values(capabilities.cgroups);
  const wrap = [
    ...(runAs === undefined ? [] : becomeUser(runAs, capabilities.setpriv)),
    ...(odd.length === 0 ? [] : ['/usr/bin/env', ...odd.map(([key, value]) => `${key}=${value}`)]),
  ];
  const settings = {
    tells_signals: capabilities.tellsSignals ? '1' : '0',
    awk_flags: capabilities.awkFlags,
    rotate_bytes: String(plan.rotation.bytesPerFile),
    rotate_files: String(plan.rotation.files),
    cpu_period_us: String(CPU_PERIOD_US),
    cpu_quota_us: spec.cpus > 0 ? String(Math.max(CPU_QUOTA_MIN_US, Math.round(spec.cpus * CPU_PERIOD_US))) : '',
    memory_bytes: spec.mem > 0 ? String(Math.round(spec.mem * BYTES_PER_MEBIBYTE)) : '',
    cg_own: parents.map((parent) => join(parent, spec.instance)).join(' '),
    cg_shims: capabilities.cgroups.v2 === undefined ? '' : join(capabilities.cgroups.v2, 'shims'),
    cg_cpu: own('cpu'),
    cg_memory: own('memory'),
    cg_freezer: own('freezer'),
    cg_v2: own('v2'),
    cg_tree: own('v2') || own('freezer') || own('memory') || own('cpu'),
  };
  return [
    ...Object.entries(settings).map(([key, value]) => `${key}=${quoted(value)}`),
    'environment() {',
    '  :',
    ...exported.map(([key, value]) => `  export ${key}=${quoted(value)}`),
    '}',
    `run_as() { become ${wrap.map(quoted).join(' ')} "$@"; }`,
    `run_app() { run_as ${plan.argv.map(quoted).join(' ')}; }`,
    '',
  ].join('\n');
};

const becomeUser = (runAs: RunAs, setpriv: string): readonly string[] => [
  setpriv,
  `--reuid=${runAs.uid}`,
  `--regid=${runAs.gid}`,
  runAs.hasAccount ? '--init-groups' : '--clear-groups',
];
