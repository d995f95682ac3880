import type { RunSpec } from '../../src/domain/ports/hosts.ts';

/** The smallest spec that runs, with what a test cares about on top. */
export const specOf = (instance: string, changes: Partial<RunSpec> = {}): RunSpec => ({
  instance,
  taskId: `web.instance-${instance}._app.1`,
  app: '/web',
  version: '2026-01-01T00:00:00.000Z',
  slot: 0,
  image: 'wharf/busybox:test',
  forcePull: false,
  command: { args: ['sleep', '1000'] },
  env: {},
  labels: {},
  cpus: 0.1,
  mem: 32,
  disk: 0,
  gpus: 0,
  network: { mode: 'none' },
  ports: [],
  mounts: [],
  artifacts: [],
  privileged: false,
  tty: false,
  parameters: [],
  ...changes,
});
