import Docker from 'dockerode';
import { afterAll, beforeAll } from 'vitest';
import { importBusybox } from '../../../../src/adapters/hosts/docker/busyboxImage.ts';
import { openDockerHost } from '../../../../src/adapters/hosts/docker/dockerHost.ts';
import type { RunSpec } from '../../../../src/domain/ports/hosts.ts';
import type { Behaviour, OpenedHost } from '../../../contracts/hostRuntime.contract.ts';
import { describeHostRuntime, shellCommand, succeeded } from '../../../contracts/hostRuntime.contract.ts';
import { describeWithDocker, ensureDocker } from '../../../support/docker.ts';
import { specOf } from '../../../support/runSpec.ts';

const engine = await ensureDocker();

/** The first process of a process namespace ignores every signal that it has not asked for; beside the host's own it is like any other. */
const LIKE_ANY_OTHER = [{ key: 'pid', value: 'host' }];

const behave = (behaviour: Behaviour): Partial<RunSpec> => ({
  ...shellCommand(behaviour),
  ...(behaviour.does === 'sleep' || behaviour.does === 'dieBy' ? { parameters: LIKE_ANY_OTHER } : {}),
});

describeWithDocker('the contract of hosts', 'unavailable' in engine ? engine.unavailable : undefined, () => {
  if ('unavailable' in engine) return;
  let instances = 0;
  beforeAll(() => importBusybox(new Docker({ socketPath: engine.socket }), { tag: 'wharf/busybox:test' }));
  afterAll(() => engine.stop());

  const open = async (): Promise<OpenedHost> => {
    const label = `contract-${++instances}`;
    const opened = () => openDockerHost({ endpoint: { unix: engine.socket }, label });
    const host = opened();
    const makeSpec = (overrides: Partial<RunSpec>) => specOf(`c-${++instances}`, { network: { mode: 'bridge' }, ...overrides });
    return {
      host,
      reopen: async () => opened(),
      makeSpec,
      takePort: async () => {
        const { instance, ...spec } = makeSpec(behave({ does: 'sleep' }));
        const port = 31_500;
        succeeded(await host.run({ ...spec, instance, ports: [{ protocol: 'tcp', hostPort: port, containerPort: 80 }] })());
        return { port, release: async () => succeeded(await host.remove(instance)()) };
      },
      cleanup: async () => {
        for (const { instance } of succeeded(await host.inventory()())) await host.remove(instance)();
        await host.close();
      },
    };
  };

  describeHostRuntime({
    name: 'Docker',
    open,
    behave,
    skips: { codesOfSignals: 'the engine has one number for an exit code of 137 and an end by SIGKILL' },
  });
});
