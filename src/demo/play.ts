import { setTimeout as pause } from 'node:timers/promises';
import type { Client, Json } from '../adapters/cli/client.ts';
import { queryOf, type ToldFact } from '../adapters/cli/facts.ts';
import { describe, watchDeployment } from '../adapters/cli/watch.ts';
import type { Narrator } from './narrator.ts';
import type { Stage } from './stage.ts';
import { type Endpoint, startTraffic, type Traffic } from './traffic.ts';

/** Longest that a deployment or a replacement may take, ms. */
const PATIENCE_MS = 40_000;
/** Requests before and after each act, ms. */
const CALM_MS = 1_500;

/** One app on one kind of host, act by act. Each act checks what it tells. */
export type Play = {
  readonly stage: Stage;
  deploy(): Promise<void>;
  roll(): Promise<void>;
  killOne(): Promise<void>;
  /** What must be the same on the other side of a crash. */
  remember(): Promise<void>;
  compare(): Promise<void>;
  story(): Promise<void>;
  remove(): Promise<void>;
  stop(): Promise<void>;
};

export const createPlay = (stage: Stage, client: () => Client, { say, more, claim }: Narrator): Play => {
  const { app } = stage;
  let traffic: Traffic | undefined;
  let killed = '';
  let before: { readonly containers: ReadonlyMap<string, string>; readonly head: number; readonly last: string } | undefined;
  const playing = (): Traffic => {
    if (traffic === undefined) throw new Error('the play has not begun');
    return traffic;
  };

  const change = async (method: 'PUT' | 'DELETE', body?: Json): Promise<void> => {
    const query = method === 'PUT' ? '?partialUpdate=false' : '';
    const { deploymentId } = await client().ask(method, `/v2/apps${app}${query}`, body === undefined ? {} : { body });
    const late = AbortSignal.timeout(PATIENCE_MS);
    let told = '';
    for await (const course of watchDeployment(client(), deploymentId, { signal: late, now: Date.now, since: 0 })) {
      if (describe(course) !== told) more(`${app}: ${describe(course)}`);
      told = describe(course);
    }
    claim(told === 'succeeded', `the deployment of ${app} ${told === 'succeeded' ? told : `succeeded; it is at: ${told}`}`);
  };

  /** The host's own name of each instance, from the fact of its start. */
  const containersOf = async (endpoints: readonly Endpoint[]): Promise<ReadonlyMap<string, string>> => {
    const found = new Map<string, string>();
    for (const { instance } of endpoints) {
      const { facts } = await client().ask('GET', queryOf({ stream: `instance-${instance}`, types: ['ContainerStarted'] }, { limit: 10 }));
      found.set(instance, (facts as readonly ToldFact[]).at(-1)?.data.containerId ?? '');
    }
    return found;
  };

  const showWhere = async (endpoints: readonly Endpoint[]): Promise<void> => {
    const containers = await containersOf(endpoints);
    for (const { instance, address, ports } of endpoints)
      more(`${instance}  ${address}:${ports[0]?.port}  ${stage.nameOf(containers.get(instance) ?? '')}`);
  };

  return {
    stage,
    deploy: async () => {
      const definition = stage.definition(1);
      say(`deploy ${app}, release 1: ${definition.instances} instances as ${stage.what}`);
      await change('PUT', definition);
      traffic = startTraffic(client, app);
      const endpoints = await traffic.until((list) => list.length === definition.instances, `${app} serves`, PATIENCE_MS);
      await showWhere(endpoints);
      say(`a client follows /v1/endpoints?app=${app}&follow and sends 50 requests a second to what it names`);
      await pause(CALM_MS);
      const { sent, failed } = await traffic.count();
      claim(sent > 0 && failed.length === 0, `${app}: ${sent} requests answered by release 1, 0 failed${listed(failed)}`);
    },
    roll: async () => {
      const definition = stage.definition(2);
      say(`roll ${app} to release 2, one instance at a time, under load`);
      await playing().count();
      await change('PUT', definition);
      await pause(CALM_MS);
      const { sent, failed, releases, fewest } = await playing().count();
      claim(
        failed.length === 0,
        `failed requests during the roll of ${app}: ${failed.length} of ${sent} (release 1 answered ${releases[1] ?? 0}, release 2 ${releases[2] ?? 0})${listed(failed)}`,
      );
      claim(
        (releases[1] ?? 0) > 0 && (releases[2] ?? 0) > 0 && fewest >= Number(definition.instances),
        `${app}: both releases served, and never fewer than ${fewest} instances were in the list`,
      );
    },
    killOne: async () => {
      const list = playing().endpoints();
      killed = list[0]?.instance ?? '';
      const container = (await containersOf(list)).get(killed) ?? '';
      await playing().count();
      say(`SIGKILL ${stage.nameOf(container)}, instance ${killed} of ${app}`);
      await stage.kill(container);
      const wanted = list.length;
      const healed = (now: readonly Endpoint[]): boolean => now.length === wanted && now.every(({ instance }) => instance !== killed);
      const after = await playing().until(healed, `${app} has another instance in its place`, PATIENCE_MS);
      const fresh = after.find(({ instance }) => !list.some((one) => one.instance === instance))?.instance ?? '';
      const { facts } = await client().ask('GET', queryOf({ stream: `instance-${fresh}`, types: ['InstanceRequested'] }, { limit: 1 }));
      claim((facts as readonly ToldFact[])[0]?.data.replaces === killed, `instance ${fresh} came in the place of ${killed}`);
      const { sent, failed } = await playing().count();
      say(`${app}: ${failed.length} of ${sent} requests met the killed one before the list said so`);
    },
    remember: async () => {
      const endpoints = playing().endpoints();
      const page = await client().ask('GET', '/v1/events?after=0&limit=0');
      const head = page.head as number;
      before = { containers: await containersOf(endpoints), head, last: await factAt(client(), head) };
      await playing().count();
    },
    compare: async () => {
      if (before === undefined) throw new Error('nothing was remembered');
      const { containers, head, last } = before;
      const isSame = (now: readonly Endpoint[]): boolean =>
        now.length === containers.size && now.every(({ instance }) => containers.has(instance));
      const endpoints = await playing().until(isSame, `${app} has its instances again`, PATIENCE_MS);
      await pause(CALM_MS);
      const now = await containersOf(endpoints);
      const alive = await Promise.all([...now.values()].map(stage.runs));
      claim(
        isSame(playing().endpoints()) &&
          [...now].every(([instance, container]) => containers.get(instance) === container) &&
          alive.every(Boolean),
        `${app}: the same instances as before, ${[...now.values()].map(stage.nameOf).join(', ')}`,
      );
      const since = await client().ask(
        'GET',
        queryOf({ types: ['InstanceRequested', 'ContainerStarted', 'ContainerExited'] }, { after: head }),
      );
      claim(since.facts.length === 0, `${app}: nothing was started or ended because of the crash`);
      claim(
        (await factAt(client(), head)) === last && since.head > head,
        `the log goes on behind position ${head}; what stood there stands there`,
      );
      const { sent, failed } = await playing().count();
      claim(failed.length === 0, `${app}: ${sent} requests while the engine was away and came back, 0 failed${listed(failed)}`);
    },
    story: async () => {
      say(`the story of instance ${killed} of ${app}, as the log has it:`);
      const { history } = await client().ask('GET', `/v1/history/${killed}`);
      for (const { at, sentence, by } of history as readonly Json[]) more(`${at}  ${sentence}  [${by}]`);
      claim(history.length > 0, 'told from the log alone');
    },
    remove: async () => {
      await traffic?.stop();
      if ((await client().find(`/v2/apps${app}`)) === undefined) return;
      say(`remove ${app}`);
      await change('DELETE');
    },
    stop: async () => traffic?.stop(),
  };
};

const factAt = async (client: Client, position: number): Promise<string> => {
  const { facts } = await client.ask('GET', `/v1/events?position=${position}`);
  return facts[0]?.id ?? '';
};

const listed = (failed: readonly string[]): string => (failed.length === 0 ? '' : `: ${failed.slice(0, 5).join('; ')}`);
