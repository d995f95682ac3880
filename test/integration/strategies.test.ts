import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import { describe, expect, onTestFinished, test } from 'vitest';
import { learnBroken } from '../../src/domain/deployment/strategies/index.ts';
import type { Command } from '../../src/domain/kernel/decider.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { CheckStrategy } from '../../src/strategyFiles.ts';
import { openSimulatedServer, type SimulatedServer, simulatedServer } from '../support/simulatedServer.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

/** Asks before anything moves; what it wants then depends on `text`, so that two versions of it differ. */
const asking = (id: string, text = 'May it go on?'): string => `
import { approval, before, isThere, strategy, want, wanted, z } from 'wharfinger/strategy';
export default strategy(
  { id: '${id}', description: 'Asks first.', parameters: z.strictObject({ who: z.string().default('anybody') }) },
  {
    initial: 'asking',
    states: {
      asking: {
        description: 'Somebody looks at it.',
        entry: [want((course) => ({ new: 0, old: before(course) })), approval('${text}')],
        on: { DeploymentApproved: 'moving' },
      },
      moving: { entry: want((course) => ({ new: wanted(course), old: 0 })), on: { SlotsChanged: { guard: isThere, target: 'succeeded' } } },
    },
  },
);`;

const web = (strategy: string, cmd: string) => ({
  id: '/web',
  cmd,
  cpus: 0.1,
  mem: 16,
  instances: 2,
  deployment: { strategy, parameters: { who: 'me' } },
});

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
};

/** Where the explorer is not what a test is about. */
const checkStrategy: CheckStrategy = () => ({ explored: { instances: 1, faults: 0, states: 1 } });

const states = ({ engine }: SimulatedServer) => engine.views.deployments.running().map(({ strategy, state }) => [strategy, state]);

const approve = async ({ engine }: SimulatedServer): Promise<void> => {
  const [row] = engine.views.deployments.running();
  const command: Command = { type: 'ApproveDeployment' };
  const answer = await engine.submit(streamOf('deployment', row?.id ?? ''), command, { id: engine.ids.next(), by: 'me', body: {} });
  expect(E.isRight(answer)).toBe(true);
};

const isAsking = (server: SimulatedServer) => () => states(server)[0]?.[1] === 'active.asking';

describe("an operator's strategy", () => {
  test('moves an app that names it; it is listed with its parameters, and shown with its picture and text', async () => {
    const server = await simulatedServer(2, { strategies: folderWith({ 'first.ts': asking('asks-first.v1') }), checkStrategy });
    await server.api.ask('PUT', '/v2/apps/web', web('asks-first', 'one'));
    await server.atRest();
    await server.api.ask('PUT', '/v2/apps/web', web('asks-first', 'two'));
    await server.until(isAsking(server));
    expect(server.engine.views.instances.ofApp('/web').map(({ version }) => version)).toEqual(
      Array(2).fill(server.engine.views.apps.get('/web')?.versions[0]?.version),
    );
    await approve(server);
    await server.atRest();
    const newest = server.engine.views.apps.get('/web')?.target.version;
    expect(server.engine.views.instances.ofApp('/web').map(({ version }) => version)).toEqual([newest, newest]);

    const { strategies } = await server.api.get('/v1/strategies');
    expect(strategies.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining(['rolling.v2', 'recreate.v2', 'bluegreen.v1', 'canary.v1', 'ab.v1', 'asks-first.v1']),
    );
    expect(strategies.at(-1)).toMatchObject({
      from: 'registered',
      file: expect.stringMatching(/first\.ts$/),
      parameters: { type: 'object', properties: { who: { type: 'string', default: 'anybody' } } },
    });
    const { strategy } = await server.api.get('/v1/strategies/asks-first');
    expect(strategy.mermaid).toContain('asking --> moving : DeploymentApproved');
    expect(strategy.mermaid).not.toContain('releasing');
    expect(strategy.mermaidWhole).toContain('releasing');
    expect(strategy.source).toContain('May it go on?');
    expect((await server.api.call('GET', '/v1/strategies/nothing')).status).toBe(404);
    const refused = await server.api.call('PUT', '/v2/apps/web', {
      ...web('asks-first', 'three'),
      deployment: { strategy: 'asks-first', parameters: { whom: 1 } },
    });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([422, expect.stringContaining('/deployment/parameters')]);
  });

  test('a deployment ends by the text it began with, when the file is gone, the engine another one, and a newer version there', async () => {
    const dataDir = temporaryFolder();
    const folder = folderWith({ 'kept.ts': asking('kept.v1') });
    const first = await openSimulatedServer({ dataDir, strategies: folder, checkStrategy });
    await first.api.ask('PUT', '/v2/apps/web', web('kept', 'one'));
    await first.atRest();
    await first.api.ask('PUT', '/v2/apps/web', web('kept', 'two'));
    await first.until(isAsking(first));
    await first.close();

    rmSync(join(folder, 'kept.ts'));
    // Nothing of it is in this process's memory, as in that of another engine.
    learnBroken('kept.v1', 'forgotten');
    writeFileSync(join(folder, 'newer.ts'), asking('kept.v2', 'Another question?'));
    const second = await openSimulatedServer({ dataDir, nodes: 0, strategies: folder, checkStrategy });
    onTestFinished(() => second.close());
    expect(second.engine.quarantined().size).toBe(0);
    expect(second.engine.views.roster.get(`deployment-${second.engine.views.deployments.running()[0]?.id}`)?.chart).toBe('kept.v1');
    await second.until(() => second.engine.performer.count() > 0);
    await approve(second);
    await second.atRest();
    expect(new Set(second.engine.views.instances.ofApp('/web').map(({ version }) => version)).size).toBe(1);
    await second.api.ask('PUT', '/v2/apps/web', web('kept', 'three'));
    await second.until(isAsking(second));
    const [row] = second.engine.views.deployments.running();
    expect(second.engine.views.roster.get(`deployment-${row?.id}`)?.chart).toBe('kept.v2');
  });

  test('a text that reads differently under the same id is refused and told; what was registered goes on', async () => {
    const dataDir = temporaryFolder();
    const folder = folderWith({ 'same.ts': asking('same.v1') });
    await (await openSimulatedServer({ dataDir, nodes: 0, strategies: folder })).close();
    const again = await openSimulatedServer({ dataDir, nodes: 0, strategies: folder, checkStrategy });
    const before = again.engine.log.head();
    await again.close();
    writeFileSync(join(folder, 'same.ts'), asking('same.v1', 'Something else?'));
    const changed = await openSimulatedServer({ dataDir, nodes: 0, strategies: folder, checkStrategy });
    onTestFinished(() => changed.close());
    const { refused, strategies } = await changed.api.get('/v1/strategies');
    expect(refused).toEqual([
      {
        file: join(folder, 'same.ts'),
        problems: [
          {
            where: 'same.v1',
            text: "same.v1 is registered already, and reads differently; a changed strategy needs a new version: 'same.v2'.",
          },
        ],
      },
    ]);
    expect(strategies.at(-1)?.id).toBe('same.v1');
    const registrations = (await changed.engine.log.readStream('strategy-same')).length;
    expect([registrations, before > 0]).toEqual([1, true]);
  });

  test('one that fails its check is not registered, unless somebody says so, and then that is recorded', async () => {
    const dataDir = temporaryFolder();
    const folder = folderWith({ 'bad.ts': asking('bad.v1'), 'good.ts': asking('good.v1') });
    const judging: CheckStrategy = ({ spec: { id } }) =>
      id === 'bad.v1' ? { problems: ['below the minimum after 3 steps'] } : { explored: { instances: 4, faults: 2, states: 99 } };
    const strict = await openSimulatedServer({ dataDir, nodes: 0, strategies: folder, checkStrategy: judging });
    expect((await strict.api.get('/v1/strategies')).refused[0].problems[0].text).toBe('below the minimum after 3 steps');
    expect(strict.engine.views.strategies.get('bad.v1')).toBeUndefined();
    expect(strict.engine.views.strategies.get('good.v1')?.explored).toEqual({ instances: 4, faults: 2, states: 99 });
    await strict.close();
    const lenient = await openSimulatedServer({ dataDir, nodes: 0, strategies: folder, checkStrategy: judging, allowUnchecked: ['bad'] });
    onTestFinished(() => lenient.close());
    expect(lenient.engine.views.strategies.get('bad.v1')?.uncheckedBecause).toBe(
      '--allow-unchecked bad, though: below the minimum after 3 steps',
    );
  });

  test('one that can hurt is found by the explorer at the start, and its story is told', async () => {
    const hurting = asking('hurting.v1')
      .replace('want((course) => ({ new: wanted(course), old: 0 }))', 'exactly((course) => ({ new: wanted(course), old: 0 }))')
      .replace('import { ', 'import { exactly, ');
    const server = await simulatedServer(0, { strategies: folderWith({ 'hurting.ts': hurting, 'kind.ts': asking('kind.v1') }) });
    const { refused, strategies } = await server.api.get('/v1/strategies');
    const texts = refused.flatMap(({ problems }: { problems: readonly { text: string }[] }) => problems.map(({ text }) => text));
    expect(texts[0]).toMatch(/^hurting\.v1: broken after \d+ states? .* stops instances that serve/);
    expect(texts.at(-1)).toContain('Broken: it stops instances that serve');
    expect(strategies.at(-1)).toMatchObject({ id: 'kind.v1', explored: { instances: 2, faults: 1 } });
    expect(strategies.at(-1).explored.states).toBeGreaterThan(1_000);
  }, 60_000);

  test('one called as a built-in strategy is refused, and so is a folder that there is not', async () => {
    const server = await simulatedServer(0, { strategies: folderWith({ 'mine.ts': asking('canary.v7') }), checkStrategy });
    expect((await server.api.get('/v1/strategies')).refused[0].problems[0].text).toBe(
      "a strategy 'canary' is built in; call yours by another name",
    );
    await expect(openSimulatedServer({ dataDir: temporaryFolder(), strategies: '/nowhere' })).rejects.toThrow('/nowhere');
  });

  test('a recorded text that can no longer be read stops the deployments that need it, with a plain message, and nothing else', async () => {
    const dataDir = temporaryFolder();
    const folder = folderWith({ 'odd.ts': asking('odd.v1') });
    const first = await openSimulatedServer({ dataDir, strategies: folder, checkStrategy });
    for (const id of ['/web', '/other']) {
      await first.api.ask('PUT', `/v2/apps${id}`, { ...web('odd', 'one'), id });
      await first.atRest();
    }
    await first.api.ask('PUT', '/v2/apps/web', web('odd', 'two'));
    await first.until(isAsking(first));
    // As if an engine to come had no `approval` in its kit any more.
    const { engine } = first;
    const broken = {
      ...engine.views.strategies.get('odd.v1'),
      id: 'odd.v2',
      version: 2,
      sha256: 'x',
      source: "import { gone } from 'wharfinger/strategy';",
    };
    const { at: _, ...registration } = broken as { at?: number };
    await engine.submit('strategy-odd', { type: 'RegisterStrategy', ...registration } as Command, {
      id: engine.ids.next(),
      by: 'me',
      body: {},
    });
    await first.until(() => engine.views.strategies.get('odd.v2') !== undefined);
    const refused = await first.api.call('PUT', '/v2/apps/other', { ...web('odd', 'two'), id: '/other' });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([
      422,
      expect.stringContaining("the strategy 'odd.v2' does not load any more: 'wharfinger/strategy' has no 'gone'"),
    ]);
    expect((await first.api.get('/v1/strategies')).strategies.at(-1)).toMatchObject({
      id: 'odd.v2',
      problem: expect.stringContaining("has no 'gone'"),
    });
    await approve(first);
    await first.atRest();
    expect(engine.quarantined().size).toBe(0);
    await first.close();
  });
});
