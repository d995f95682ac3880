import { describe, expect, test } from 'vitest';
import { createFaultOf, DeadlinePassed, faultOf, pullFaultOf, startFaultOf } from '../../../../src/adapters/hosts/docker/faults.ts';

const answer = (statusCode: number, message: string) =>
  Object.assign(new Error(`(HTTP code ${statusCode}) unexpected - ${message} `), { statusCode, json: { message } });

describe('faults of a Docker Engine', () => {
  test('no answer in time is transient, no connection is an unreachable host', () => {
    expect(faultOf(new DeadlinePassed('ping: no answer within 1000 ms'))).toEqual({
      _tag: 'Transient',
      message: 'ping: no answer within 1000 ms',
    });
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:2376'), { code: 'ECONNREFUSED' });
    expect(faultOf(refused)).toEqual({ _tag: 'HostUnreachable', message: 'connect ECONNREFUSED 10.0.0.1:2376' });
  });

  test('a mistake of ours is thrown, not blamed on the host', () => {
    const mistake = new TypeError('x is not a function');
    expect(() => faultOf(mistake)).toThrow(mistake);
  });

  test('a request that the engine finds wrong is rejected; trouble of its own is transient', () => {
    expect(createFaultOf(answer(400, 'invalid CPU count'))).toEqual({ _tag: 'StartRejected', message: 'invalid CPU count' });
    expect(createFaultOf(answer(500, 'no space left on device'))).toEqual({
      _tag: 'Transient',
      message: 'the engine answered 500: no space left on device',
    });
  });

  test.each([
    ['driver failed programming external connectivity on endpoint x (1f): Bind for 0.0.0.0:8080 failed: port is already allocated', 8080],
    [
      'driver failed programming external connectivity on endpoint x (1f): Error starting userland proxy: listen tcp4 0.0.0.0:8081: bind: address already in use',
      8081,
    ],
    ['failed to set up container networking: failed to bind host port for 0.0.0.0:8082:172.17.0.2:80/tcp: address already in use', 8082],
    ['failed to bind host port 0.0.0.0:8083/tcp: address already in use', 8083],
  ])('a taken port is named: %s', (message, port) => {
    expect(startFaultOf(answer(500, message), 'sleep')).toEqual({ _tag: 'PortTaken', port, message });
  });

  test.each([
    ['OCI runtime create failed: exec: "nope": executable file not found in $PATH: unknown', 'nope'],
    ['OCI runtime create failed: exec: "/no/such": stat /no/such: no such file or directory: unknown', '/no/such'],
    ['OCI runtime create failed: exec: "/etc/passwd": permission denied: unknown', '/etc/passwd'],
    ['exec /run.sh: exec format error', 'the command'],
  ])('a command that is not there or cannot be executed is named: %s', (message, command) => {
    expect(startFaultOf(answer(400, message), 'the command')).toEqual({ _tag: 'CommandNotFound', command, message });
  });

  test('what no repetition heals is rejected, whatever the status', () => {
    const message = 'could not select device driver "" with capabilities: [[gpu]]';
    expect(startFaultOf(answer(500, message), '')).toEqual({ _tag: 'StartRejected', message });
    expect(startFaultOf(answer(404, 'network quay not found'), '')).toEqual({ _tag: 'StartRejected', message: 'network quay not found' });
  });

  test.each([
    ['manifest unknown: manifest unknown', 404, { _tag: 'ImageMissing', image: 'r.example/a:1' }],
    ['manifest for r.example/a:1 not found: manifest unknown', 404, { _tag: 'ImageMissing', image: 'r.example/a:1' }],
    [
      'Head "https://r.example/v2/a/manifests/1": no basic auth credentials',
      500,
      { _tag: 'ImagePullFailed', image: 'r.example/a:1', registry: 'r.example', status: 401 },
    ],
    [
      'received unexpected HTTP status: 503 Service Unavailable',
      500,
      { _tag: 'ImagePullFailed', image: 'r.example/a:1', registry: 'r.example', status: 503 },
    ],
    ['dial tcp: no route to host', 500, { _tag: 'ImagePullFailed', image: 'r.example/a:1', registry: 'r.example' }],
    ['pull access denied for a', 404, { _tag: 'ImagePullFailed', image: 'r.example/a:1', registry: 'r.example', status: 404 }],
  ])('a failed pull tells what the registry said: %s', (message, status, fault) => {
    expect(pullFaultOf('r.example/a:1', message, status)).toEqual({ ...fault, message });
  });
});
