import Docker from 'dockerode';
import { either as E } from 'fp-ts';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDockerHost } from '../../../../src/adapters/hosts/docker/dockerHost.ts';
import { ALL_FABRICS } from '../../../support/cluster.ts';
import { describeWithDocker, ensureDocker } from '../../../support/docker.ts';
import type { Registry } from '../../../support/registry.ts';
import { startRegistry } from '../../../support/registry.ts';
import { specOf } from '../../../support/runSpec.ts';

const engine = await ensureDocker(['--insecure-registry', ALL_FABRICS]);

describeWithDocker('an image from a registry', 'unavailable' in engine ? engine.unavailable : undefined, () => {
  if ('unavailable' in engine) return;
  const docker = new Docker({ socketPath: engine.socket });
  const host = openDockerHost({ endpoint: { unix: engine.socket } });
  const credentials = { username: 'quay', password: 'secret' };
  let registry: Registry;

  beforeAll(async () => {
    registry = await startRegistry(engine.cluster.gateway, credentials);
  });
  afterEach(async () => {
    registry.fail(undefined);
    await host.remove('puller')();
    await docker
      .getImage(registry.image)
      .remove({ force: true })
      .catch(() => undefined);
  });
  afterAll(async () => {
    await host.close();
    await registry.stop();
    await engine.stop();
  });
  const spec = () => specOf('puller', { image: registry.image, credentials });
  const manifests = () => registry.served.filter((path) => path.includes('/manifests/')).length;

  test('is pulled with its credentials where it is absent, and not again where it is there', async () => {
    expect(await host.run(spec())()).toMatchObject({ right: { status: 'running' } });
    const asked = manifests();
    expect(asked).toBeGreaterThan(0);
    await host.remove('puller')();
    expect(await host.run(spec())()).toMatchObject({ right: { status: 'running' } });
    expect(manifests()).toBe(asked);
  });

  test('is pulled again where that is asked for, but not for an instance that runs', async () => {
    const forced = { ...spec(), forcePull: true };
    await host.run(spec())();
    const asked = manifests();
    expect(await host.run(forced)()).toMatchObject({ right: { status: 'running' } });
    expect(manifests()).toBe(asked);
    await host.remove('puller')();
    expect(await host.run(forced)()).toMatchObject({ right: { status: 'running' } });
    expect(manifests()).toBeGreaterThan(asked);
  });

  test('that many want at once is pulled once', async () => {
    const before = registry.served.filter((path) => path.includes('/blobs/')).length;
    const specs = [1, 2, 3, 4].map((index) => ({ ...spec(), instance: `puller-${index}` }));
    const results = await Promise.all(specs.map((each) => host.run(each)()));
    expect(results.filter(E.isRight)).toHaveLength(4);
    expect(registry.served.filter((path) => path.includes('/blobs/')).length - before).toBe(2);
    await Promise.all(specs.map(({ instance }) => host.remove(instance)()));
  });

  test('without the right credentials is refused, saying so', async () => {
    const { credentials: _, ...bare } = spec();
    expect(await host.run(bare)()).toEqual(
      E.left({
        _tag: 'ImagePullFailed',
        image: registry.image,
        registry: registry.name,
        status: 401,
        message: expect.stringContaining('no basic auth'),
      }),
    );
    const wrong = { ...spec(), credentials: { username: 'quay', password: 'wrong' } };
    expect(await host.run(wrong)()).toMatchObject({ left: { _tag: 'ImagePullFailed', status: 401 } });
  });

  test('that the registry does not have is missing', async () => {
    const image = `${registry.name}/team/tool:2`;
    expect(await host.run({ ...spec(), image })()).toEqual(
      E.left({ _tag: 'ImageMissing', image, message: expect.stringContaining('manifest unknown') }),
    );
  });

  test('of a registry in trouble cannot be pulled, with the status that it gave', async () => {
    registry.fail(503);
    expect(await host.run(spec())()).toMatchObject({
      left: { _tag: 'ImagePullFailed', image: registry.image, registry: registry.name, status: 503 },
    });
  });

  test('of a registry that is not there cannot be pulled', async () => {
    const image = '127.0.0.1:1/team/tool:1';
    expect(await host.run({ ...spec(), image })()).toEqual(
      E.left({ _tag: 'ImagePullFailed', image, registry: '127.0.0.1:1', message: expect.stringContaining('connection refused') }),
    );
  });

  test('by an id that the host does not have is missing, without asking any registry', async () => {
    const image = `sha256:${'0'.repeat(64)}`;
    const asked = registry.served.length;
    expect(await host.run({ ...spec(), image })()).toEqual(
      E.left({ _tag: 'ImageMissing', image, message: `no image ${image} on this host` }),
    );
    expect(registry.served.length).toBe(asked);
  });
});
