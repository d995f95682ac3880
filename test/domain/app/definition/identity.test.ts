import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { diffOf, SENSITIVE_PATHS } from '../../../../src/domain/app/definition/change.ts';
import { assignServicePorts, servicePortsOf } from '../../../../src/domain/app/definition/servicePorts.ts';
import { instanceIdOf, parseInstanceId, parseTaskId, renderTaskId, taskIdOf } from '../../../../src/domain/app/definition/taskIds.ts';
import { app } from './support.ts';

const uuid = '3d7d2a2e-7b62-11ee-b962-0242ac120002';

describe('ids', () => {
  test.each([
    [taskIdOf('/shop/web.v2', uuid, 3), { app: '/shop/web.v2', prefix: 'instance-', uuid, container: '_app', incarnation: 3 }],
    [`shop_web.marathon-${uuid}._app.1`, { app: '/shop/web', prefix: 'marathon-', uuid, container: '_app', incarnation: 1 }],
    [`shop_web.marathon-${uuid}._app`, { app: '/shop/web', prefix: 'marathon-', uuid, container: '_app' }],
    [`pod.instance-${uuid}.rails.2`, { app: '/pod', prefix: 'instance-', uuid, container: 'rails', incarnation: 2 }],
    [`shop_web.${uuid}`, { app: '/shop/web', prefix: '', uuid }],
    [`shop_web.${uuid}.7`, { app: '/shop/web', prefix: '', uuid, incarnation: 7 }],
  ])('task id %s, both ways', (id, parts) => {
    expect(parseTaskId(id)).toEqual(parts);
    expect(renderTaskId(parts as Parameters<typeof renderTaskId>[0])).toBe(id);
  });

  test.each(['', 'web', 'web.1', '/shop/web', `${uuid}`])('%j is no task id', (id) => expect(parseTaskId(id)).toBeUndefined());

  test('instance ids, both ways', () => {
    expect(instanceIdOf('/shop/web', uuid)).toBe(`shop_web.instance-${uuid}`);
    expect(parseInstanceId(`shop_web.instance-${uuid}`)).toEqual({ app: '/shop/web', prefix: 'instance-', uuid });
    expect(parseInstanceId(`shop_web.${uuid}`)).toBeUndefined();
  });
});

describe('service ports', () => {
  const ports = (...wanted: readonly number[]) => app({ portDefinitions: wanted.map((port) => ({ port })) });
  const assigned = (definition: ReturnType<typeof ports>, previous: ReturnType<typeof ports> | undefined, inUse: readonly number[]) =>
    E.map(servicePortsOf)(assignServicePorts(definition, previous, new Set(inUse), { from: 10_000, to: 10_003 }));

  test('the lowest that nobody uses; chosen ones stay', () =>
    expect(assigned(ports(0, 80, 0), undefined, [10_000])).toEqual(E.right([10_001, 80, 10_002])));
  test('those that the app had come first', () =>
    expect(assigned(ports(0, 0), ports(10_003, 90), [10_003])).toEqual(E.right([10_003, 10_000])));
  test('one that the app names itself is not given twice', () =>
    expect(assigned(ports(10_000, 0), ports(10_000), [10_000])).toEqual(E.right([10_000, 10_001])));
  test('when none is left, that is refused', () =>
    expect(assigned(ports(0, 0, 0, 0, 0), undefined, [])).toMatchObject({ _tag: 'Left', left: { code: 'invalid' } }));
  test('port mappings get theirs too', () => {
    const bridged = app({ container: { docker: { image: 'a', network: 'BRIDGE' } } });
    expect(assigned(bridged, undefined, [])).toEqual(E.right([10_000]));
  });
});

describe('change', () => {
  test('is told field by field, unknown ones under their own names', () => {
    expect(diffOf(app({ instances: 1 }), app({ instances: 2, maintainer: 'me' }))).toEqual([
      { field: 'instances', from: 1, to: 2 },
      { field: 'maintainer', from: undefined, to: 'me' },
    ]);
  });
  test('the order of keys is no difference', () =>
    expect(diffOf(app({ env: { A: '1', B: '2' } }), app({ env: { B: '2', A: '1' } }))).toEqual([]));
  test('what is sealed in the log', () =>
    expect(SENSITIVE_PATHS).toEqual([
      ['env', '*'],
      ['pod', 'containers', '*', 'environment', '*'],
      ['container', 'docker', 'credential', 'secret'],
      ['container', 'docker', 'parameters', '*', 'value'],
    ]));
});
