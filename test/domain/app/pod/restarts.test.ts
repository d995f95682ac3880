import { describe, expect, test } from 'vitest';
import { isConfigChange } from '../../../../src/domain/app/definition/restarts.ts';
import { container, type Fields, image, pod } from './support.ts';

const networks = [{ mode: 'container/bridge' }];
const endpoints = [{ name: 'http', containerPort: 80 }];
const healthCheck = { tcp: { endpoint: 'http' }, intervalSeconds: 30 };
const base = (fields: Fields = {}, ofContainer: Fields = {}) =>
  pod({ networks, ...fields }, { endpoints, healthCheck, labels: { part: 'server' }, ...ofContainer });

describe('a pod is changed in place', () => {
  test.each([
    ['in number', base({ scaling: { kind: 'fixed', instances: 7 } })],
    ['in its labels', base({ labels: { tier: 'front' } })],
    ["in its containers' labels", base({}, { labels: {} })],
    ['in the timing of its checks', base({}, { healthCheck: { ...healthCheck, intervalSeconds: 40, gracePeriodSeconds: 1 } })],
    ['in its grace', base({}, { lifecycle: { killGracePeriodSeconds: 9 } })],
    [
      'in its strategies',
      base({ scheduling: { backoff: { backoff: 9 }, upgrade: { maximumOverCapacity: 0 }, killSelection: 'OLDEST_FIRST' } }),
    ],
    ['in what it waits for', base({ dependencies: ['/db'] })],
    ['in a field that nobody knows', base({ maintainer: 'me' })],
  ])('%s', (_, changed) => {
    expect(isConfigChange(base(), changed)).toBe(false);
    if (changed.instances === 1 && changed.extras.maintainer === undefined) expect(isConfigChange(base(), changed, 'marathon')).toBe(true);
  });
});

describe('a pod is replaced', () => {
  test.each([
    ['for another command', base({}, { exec: { command: { shell: 'other' } } })],
    ['for another image', base({}, { image: { ...image, id: 'nginx:2' } })],
    ['for more memory of a container', base({}, { resources: { cpus: 0.5, mem: 65 } })],
    ['for a variable of a container', base({}, { environment: { A: '1' } })],
    ['for another check', base({}, { healthCheck: { http: { endpoint: 'http' } } })],
    ['for a check less', base({}, { healthCheck: undefined })],
    [
      'for one container more',
      pod({ networks, containers: [container({ image, endpoints, healthCheck }), container({ name: 'b', image })] }),
    ],
    ['for its IPC', base({ linuxInfo: { ipcInfo: { mode: 'PRIVATE' } } })],
    ['for where it may be placed', base({ scheduling: { placement: { constraints: [{ fieldName: 'hostname', operator: 'UNIQUE' }] } } })],
  ])('%s', (_, changed) => {
    expect(isConfigChange(base(), changed)).toBe(true);
  });

  test('for labels of a container that it reads', () => {
    const reads = { exec: { command: { shell: 'echo $MARATHON_APP_LABEL_PART' } } };
    expect(isConfigChange(base({}, reads), base({}, { ...reads, labels: {} }))).toBe(true);
  });
});
