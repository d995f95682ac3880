import { describeHostRuntime, shellCommand } from '../../../contracts/hostRuntime.contract.ts';
import { openTemporaryHost } from './harness.ts';

// Where everything has to be there, what is missing fails instead of being skipped.
const isRoot = process.getuid?.() === 0 || process.env.CI === 'true';
const noMemoryLimit = 'needs root and a memory cgroup';

describeHostRuntime({
  name: 'native processes',
  open: () => openTemporaryHost(),
  behave: shellCommand,
  skips: isRoot ? {} : { oom: noMemoryLimit },
});

// What the same runtime does where it may make no cgroup, as for a user who is not root.
describeHostRuntime({
  name: 'native processes without cgroups',
  open: () => openTemporaryHost({ cgroupParent: '' }),
  behave: shellCommand,
  skips: { oom: noMemoryLimit },
});
