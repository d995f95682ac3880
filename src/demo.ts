import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type EngineProcess, startEngineProcess } from './demo/engineProcess.ts';
import { createNarrator, Untrue } from './demo/narrator.ts';
import { createPlay, type Play } from './demo/play.ts';
import { dockerStage, freePorts, nativeStage, type Stage } from './demo/stage.ts';

/** The whole tour in one command: an app is deployed, rolled, killed and healed, the engine too, and the log tells the story. */
const once = process.argv.includes('--once');
/** How long the engine stays dead, ms. */
const AWAY_MS = 1_000;

const narrator = createNarrator((text) => process.stdout.write(text), Date.now);
const { say, more, claim } = narrator;

/** One after the other, so that what is told stays in order; all of them are there all the while. */
const each = async (plays: readonly Play[], act: (play: Play) => Promise<void>): Promise<void> => {
  for (const play of plays) await act(play);
};

const addNodes = async ({ client }: EngineProcess, stages: readonly Stage[]): Promise<void> => {
  for (const { node, endpoint } of stages) {
    const { node: added } = await client.ask('POST', '/v1/nodes', { body: { id: node, endpoint, portRanges: [await freePorts()] } });
    more(`node ${node}: ${endpoint.kind}, ${added.resources.total.cpus} cpus, ${added.resources.total.mem} MiB`);
  }
};

const tour = async (start: () => Promise<EngineProcess>, engine: { now: EngineProcess }, plays: readonly Play[]): Promise<void> => {
  await each(plays, (play) => play.deploy());
  await each(plays, (play) => play.roll());
  await each(plays, (play) => play.killOne());
  await each(plays, (play) => play.remember());
  say(`SIGKILL the engine, pid ${engine.now.pid}`);
  await engine.now.crash();
  await pause(AWAY_MS);
  engine.now = await start();
  say(`the engine runs again, pid ${engine.now.pid}, on the same data`);
  await each(plays, (play) => play.compare());
  await each(plays.slice(0, 1), (play) => play.story());
};

const interrupted = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

const main = async (): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'wharf-demo-'));
  const docker = await dockerStage(process.env).catch((error: Error) => `Docker is not used: ${error.message}`);
  const stages = [nativeStage(join(dataDir, 'instances')), ...(typeof docker === 'string' ? [] : [docker])];
  const death = Promise.withResolvers<never>();
  death.promise.catch(() => undefined);
  const start = (): Promise<EngineProcess> => startEngineProcess(dataDir, (how) => death.reject(new Untrue(how)));
  const engine = { now: await start() };
  const plays = stages.map((stage) => createPlay(stage, () => engine.now.client, narrator));
  const stopped = interrupted();
  let failed = true;
  try {
    say(`an engine runs as pid ${engine.now.pid}, its data in ${dataDir}`);
    if (typeof docker === 'string') more(`${docker}; native processes only`);
    await addNodes(engine.now, stages);
    await Promise.race([
      tour(start, engine, plays),
      death.promise,
      stopped.then(() => {
        throw new Untrue('the demo was interrupted');
      }),
    ]);
    if (!once) {
      say('all of it was so. The engine stays until Ctrl-C; in another terminal:');
      for (const words of ['app list', `app show ${stages[0]?.app}`, `history ${stages[0]?.app}`, 'events --follow'])
        more(`bin/wharf --data-dir ${dataDir} ${words}`);
      await stopped;
    }
    await each(plays, (play) => play.remove());
    claim((await engine.now.stop()) === 0, 'the engine stopped in order');
    failed = false;
  } finally {
    await leaveNothing(start, engine, plays, failed);
    await rm(dataDir, { recursive: true, force: true });
  }
  say(`done in ${narrator.seconds().toFixed(1)} s: all of it was so`);
};

/** Also after a failure nothing stays: no process, no container, no file. An engine that is dead is started once more, to stop what it ran. */
const leaveNothing = async (
  start: () => Promise<EngineProcess>,
  engine: { now: EngineProcess },
  plays: readonly Play[],
  failed: boolean,
): Promise<void> => {
  const quietly = (work: Promise<unknown>): Promise<unknown> => work.catch((error: Error) => say(`left behind: ${error.message}`));
  if (failed) {
    more(`the engine's last words:\n${engine.now.lastWords()}`);
    if (!(await answers(engine.now))) engine.now = await start();
    await each(plays, async (play) => void (await quietly(play.remove())));
    await quietly(engine.now.stop());
  }
  await each(plays, async (play) => void (await quietly(play.stop())));
  await each(plays, async (play) => void (await quietly(play.stage.cleanUp())));
};

const answers = ({ client }: EngineProcess): Promise<boolean> =>
  client.ask('GET', '/v2/info').then(
    () => true,
    () => false,
  );

try {
  await main();
} catch (error) {
  say(`✗ ${error instanceof Untrue ? `not so: ${error.message}` : `went wrong: ${(error as Error).message}`}`);
  process.exitCode = 1;
}
