import type { RuntimeEndpoint } from '../../../domain/node/node.facts.ts';
import { usage } from '../failure.ts';

export type EndpointOptions = {
  readonly process?: string;
  readonly docker?: string;
  readonly dockerTls?: string;
  readonly dockerSsh?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly hostKey?: string;
  readonly socket?: string;
};

const SSH_PORT = 22;

/** How a host is reached, from the options that say so. @throws CliFailure unless exactly one way is told, and wholly. */
export const endpointFrom = (options: EndpointOptions, path: (text: string) => string): RuntimeEndpoint => {
  const ways = [options.process, options.docker, options.dockerTls, options.dockerSsh].filter((way) => way !== undefined);
  if (ways.length !== 1) throw usage('say one way to reach the node: --process, --docker, --docker-tls or --docker-ssh');
  const { ca, cert, key, hostKey, socket = '/var/run/docker.sock' } = options;
  if (options.process !== undefined) return { kind: 'process', root: path(options.process) };
  if (options.docker !== undefined) return { kind: 'docker', socket: path(options.docker) };
  if (options.dockerTls !== undefined) {
    const [, host, port] = /^(.+):(\d+)$/.exec(options.dockerTls) ?? [];
    if (host === undefined) throw usage(`'${options.dockerTls}' is no host:port`);
    if (ca === undefined || cert === undefined || key === undefined) throw usage('--docker-tls needs --ca, --cert and --key');
    return { kind: 'docker-tls', host, port: Number(port), caFile: path(ca), certFile: path(cert), keyFile: path(key) };
  }
  const [, user, host, port] = /^([^@]+)@(.+?)(?::(\d+))?$/.exec(options.dockerSsh ?? '') ?? [];
  if (user === undefined || host === undefined) throw usage(`'${options.dockerSsh}' is no user@host:port`);
  if (key === undefined || hostKey === undefined) throw usage('--docker-ssh needs --key and --host-key');
  return { kind: 'docker-ssh', user, host, port: port === undefined ? SSH_PORT : Number(port), keyFile: path(key), hostKey, socket };
};
