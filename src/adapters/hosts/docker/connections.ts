import http from 'node:http';
import https from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import type { DockerEndpoint } from './options.ts';
import type { SshLink } from './sshLink.ts';
import { openSshLink, parseSsh } from './sshLink.ts';

/** Three clients for one engine, so that neither a long stream nor a flood of calls stands in the heartbeat's way. */
export type Connections = {
  readonly calls: Docker;
  readonly streams: Docker;
  readonly heartbeat: Docker;
  /** The host's part of the endpoint; undefined for a unix socket. */
  readonly host: string | undefined;
  close(): void;
};

/** A stream says nothing for hours; the kernel asks whether the peer still lives (libuv: ten probes, a second apart). */
const TCP_KEEPALIVE_MS = 5_000;
const IDLE_SOCKETS_MAX = 16;

export const connect = (endpoint: DockerEndpoint): Connections => {
  if ('ssh' in endpoint) return overSsh(endpoint, openSshLink(endpoint));
  if ('unix' in endpoint) {
    const agents = three((options) => new http.Agent(options));
    const client = (agent: http.Agent) => dockerOf({ socketPath: endpoint.unix }, agent);
    return { ...mapped(agents, client), host: undefined, close: () => destroy(agents) };
  }
  const { host, port } = parseHostPort(endpoint.tcp);
  const { ca, cert, key } = endpoint;
  const agents = three((options) => new https.Agent({ ...options, ca, cert, key }));
  const client = (agent: http.Agent) => dockerOf({ protocol: 'https', host, port, ca, cert, key }, agent);
  return { ...mapped(agents, client), host, close: () => destroy(agents) };
};

/** docker-modem mixes DOCKER_HOST and its kin into what it was given; an explicit undefined keeps them out. */
const NOTHING_FROM_ENVIRONMENT = {
  host: undefined,
  port: undefined,
  socketPath: undefined,
  protocol: 'http',
  timeout: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
} as const;

/** dockerode's types do not know `agent`, which docker-modem takes. */
const dockerOf = (options: Docker.DockerOptions, agent: http.Agent): Docker => {
  const all: Docker.DockerOptions & { agent: http.Agent } = { ...NOTHING_FROM_ENVIRONMENT, ...options, agent };
  return new Docker(all);
};

export const parseHostPort = (text: string): { readonly host: string; readonly port: number } => {
  const match = /^(?:tcp:\/\/)?(\[[^\]]+\]|[^:]+):(\d+)$/.exec(text);
  if (match?.[1] === undefined) throw new Error(`'${text}' is not host:port`);
  return { host: match[1].replace(/^\[|\]$/g, ''), port: Number(match[2]) };
};

type Agents = { readonly calls: http.Agent; readonly streams: http.Agent; readonly heartbeat: http.Agent };

const three = (make: (options: http.AgentOptions) => http.Agent): Agents => ({
  calls: shown(make({ keepAlive: true, keepAliveMsecs: TCP_KEEPALIVE_MS, maxFreeSockets: IDLE_SOCKETS_MAX })),
  streams: probing(shown(make({ keepAlive: false }))),
  heartbeat: shown(make({ keepAlive: true, keepAliveMsecs: TCP_KEEPALIVE_MS, maxFreeSockets: 1 })),
});

const mapped = (agents: Agents, client: (agent: http.Agent) => Docker): Pick<Connections, 'calls' | 'streams' | 'heartbeat'> => ({
  calls: client(agents.calls),
  streams: client(agents.streams),
  heartbeat: client(agents.heartbeat),
});

const destroy = (agents: Agents): void => {
  for (const agent of Object.values(agents)) agent.destroy();
};

/** docker-modem prints its whole request, agent and sockets included, before it asks whether anyone listens: seconds at 200 calls. */
const shown = (agent: http.Agent): http.Agent => Object.assign(agent, { [inspect.custom]: () => '[agent]' });

/** Node probes the peer only on sockets it means to use again; a stream's socket needs it most. */
const probing = (agent: http.Agent): http.Agent => {
  const plain = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = plain(options, callback);
    if (socket instanceof Socket) socket.setKeepAlive(true, TCP_KEEPALIVE_MS);
    return socket;
  };
  return agent;
};

class ChannelAgent extends http.Agent {
  readonly #link: SshLink;
  constructor(link: SshLink) {
    // A channel costs one round trip; channels kept for later were seen to hang.
    super({ keepAlive: false });
    this.#link = link;
  }
  override createConnection(_: http.ClientRequestArgs, callback?: (error: Error | null, stream: Duplex) => void): undefined {
    this.#link.channel().then(
      (stream) => callback?.(null, stream),
      (error: Error) => callback?.(error, undefined as never),
    );
    return undefined;
  }
}

const overSsh = (endpoint: Extract<DockerEndpoint, { ssh: string }>, link: SshLink): Connections => {
  const agent = shown(new ChannelAgent(link));
  const client = () => dockerOf({ host: 'docker', port: 80 }, agent);
  return {
    calls: client(),
    streams: client(),
    heartbeat: client(),
    host: parseSsh(endpoint.ssh).host,
    close: () => {
      agent.destroy();
      link.close();
    },
  };
};
