import { eventually, type Json } from '../support/api.ts';
import { openSimulatedServer, type SimulatedServer } from '../support/simulatedServer.ts';
import { type Berth, openBerth } from './berth.ts';
import type { Ask, Names } from './case.ts';

export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Json };

/** The running engine that the cases of a group ask, and ways to bring about what they take for given. */
export type Stage = SimulatedServer & {
  send(ask: Ask): Promise<Answer>;
  /** Another one for each case that needs one. */
  berth(): Promise<Berth>;
  /** Resolves once it is so, facts or not. */
  eventually<A>(what: string, look: () => Promise<A | undefined>): Promise<A>;
};

/** Longest wait for an answer, ms. */
const ANSWER_MS = 10_000;

export type StageOptions = Omit<Parameters<typeof openSimulatedServer>[0], 'dataDir'>;

export const openStage = async (dataDir: string, options: StageOptions): Promise<Stage> => {
  const server = await openSimulatedServer({ ...options, dataDir });
  const send = async ({ to, body, raw, headers = {} }: Ask): Promise<Answer> => {
    const [method = '', path = ''] = to.split(' ');
    const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(`${server.url}${path}`, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: { ...(sent !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(sent !== undefined && { body: sent }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: parsed(text) };
  };
  const berths: Berth[] = [];
  return {
    ...server,
    send,
    eventually: (what, look) => eventually(server.api, what, look, ANSWER_MS),
    berth: async () => {
      const opened = await openBerth(server.api);
      berths.push(opened);
      return opened;
    },
    close: async () => {
      await server.close();
      for (const each of berths) await each.close();
    },
  };
};

const parsed = (text: string): Json => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

type Given = (stage: Stage) => Promise<Names>;
type Fields = Readonly<Record<string, unknown>>;

/** No node has it: an app that asks for it waits for ever, and its deployment with it. */
export const NOWHERE = ['rack', 'IS', 'nowhere'] as const;

/** An app that costs next to nothing and leaves at once. */
export const app = (id: string, fields: Fields = {}): Fields & { readonly id: string } => ({
  id,
  cmd: 'serve',
  cpus: 0.01,
  mem: 16,
  // Nobody takes the one port of a berth by chance.
  constraints: [['rack', 'LIKE', 'r[0-9]+']],
  ...fields,
  labels: { WHARF_DRAIN_SECONDS: '0', ...(fields.labels as object | undefined) },
});

export const pod = (id: string, fields: Fields = {}, ofContainer: Fields = {}): Fields & { readonly id: string } => ({
  id,
  labels: { WHARF_DRAIN_SECONDS: '0' },
  containers: [{ name: 'web', resources: { cpus: 0.01, mem: 16 }, exec: { command: { shell: 'serve' } }, ...ofContainer }],
  ...fields,
});

/** One after another; what they name is known together, of a name the last. */
export const all =
  (...givens: readonly Given[]): Given =>
  async (stage) => {
    let names: Names = {};
    for (const given of givens) names = { ...names, ...(await given(stage)) };
    return names;
  };

/** Whatever an app or pod was asked to become, it is. */
export const settled = ({ engine, until }: Stage, id: string): Promise<void> =>
  until(() => {
    // The app has its lock back a moment before its deployment has noted that.
    const row = engine.views.apps.get(id);
    const isMoved = engine.views.deployments.running().some(({ app }) => app === id);
    return !isMoved && (row === undefined || row.deployment === undefined);
  });

/** A request that succeeds, and is not waited for. `{deployment}` and `{version}` are what it answered. */
export const asked =
  (to: string, body?: unknown): Given =>
  async (stage) => {
    const answer = await stage.send({ to, ...(body !== undefined && { body }) });
    if (answer.status >= 300) throw new Error(`${to}: ${answer.status} ${answer.text}`);
    return { deployment: answer.headers.get('marathon-deployment-id') ?? '', version: answer.body?.version ?? '' };
  };

/** A request and what it led to; the names are those of the app or pod after it. */
export const done =
  (id: string, to: string, body?: unknown): Given =>
  async (stage) => {
    const names = await asked(to, body)(stage);
    await settled(stage, id);
    return { ...names, ...(await namesOf(stage, id)) };
  };

/** An app that runs and is not being changed: `{task}`, `{instance}`, `{host}`, `{node}`, `{version}`. */
export const steady = (id: string, fields: Fields = {}): Given => done(id, 'POST /v2/apps', app(id, fields));

export const steadyPod = (id: string, fields: Fields = {}, ofContainer: Fields = {}): Given =>
  done(id, 'POST /v2/pods', pod(id, fields, ofContainer));

/** An app whose deployment waits for ever: it is locked. */
export const locked = (id: string, fields: Fields = {}): Given => asked('POST /v2/apps', app(id, { constraints: [NOWHERE], ...fields }));

/** An app that ran, and whose newest deployment waits for ever: `{task}`, `{lock}`, `{before}` its version until then. */
export const lockedWhileRunning =
  (id: string, fields: Fields = {}): Given =>
  async (stage) => {
    const names = await steady(id, fields)(stage);
    const { deployment = '' } = await asked(`PATCH /v2/apps${id}`, { constraints: [NOWHERE] })(stage);
    return { ...names, before: names.version ?? '', lock: deployment };
  };

/** An app whose task has ended `times` times, and whose next one waits for its back-off. */
export const failing =
  (id: string, fields: Fields = {}): Given =>
  async (stage) => {
    const names = await asked('POST /v2/apps', app(id, { cmd: 'exit 3', backoffSeconds: 60, ...fields }))(stage);
    const { instances } = stage.engine.views;
    await stage.until(() => instances.ofApp(id).some(({ state }) => state === 'waiting'));
    return names;
  };

/** An app that no node takes, and each has said why. */
export const unplaceable =
  (id: string, fields: Fields = {}): Given =>
  async (stage) => {
    const names = await locked(id, fields)(stage);
    const { instances } = stage.engine.views;
    await stage.until(() => instances.ofApp(id).some(({ deferred }) => deferred !== undefined));
    return names;
  };

const namesOf = async ({ api, engine }: Stage, id: string): Promise<Names> => {
  const row = engine.views.apps.get(id);
  const version = row?.target.version ?? '';
  const { tasks } = await api.get('/v2/tasks');
  const own = tasks.filter(({ appId }: Json) => appId === id);
  const [task] = own;
  if (task === undefined) return { version };
  const instance = task.id.replace(/\.[^.]+\.\d+$/, '');
  return { version, task: task.id, instance, host: task.host, node: task.slaveId, second: own[1]?.id ?? '' };
};
