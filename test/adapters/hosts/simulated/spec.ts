import type { RunSpec } from '../../../../src/domain/ports/hosts.ts';

/** A spec of a server that asks for little; whatever a test is about goes into the overrides. */
export const plainSpec = (instance: string, overrides: Partial<RunSpec> = {}): RunSpec => ({
  instance,
  taskId: `web.instance-${instance}._app.1`,
  app: '/web',
  version: 'v1',
  slot: 0,
  image: 'busybox:1.36',
  forcePull: false,
  command: {},
  env: {},
  labels: {},
  cpus: 0.5,
  mem: 64,
  disk: 0,
  gpus: 0,
  network: { mode: 'host' },
  ports: [],
  mounts: [],
  artifacts: [],
  privileged: false,
  tty: false,
  parameters: [],
  ...overrides,
});
