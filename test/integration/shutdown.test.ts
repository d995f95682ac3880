import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type Server, startServer } from '../../src/main.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const start = async (): Promise<Server> => {
  const server = await startServer({ dataDir: temporaryFolder(), localNodes: false, listen: { port: 0 } });
  onTestFinished(() => server.close().catch(() => undefined));
  return server;
};

/** As long as nobody's patience, short of Node's own limit for silent connections: a minute. */
const WITHIN_MS = 10_000;

test(
  'a client that has connected and says nothing does not keep the engine from stopping',
  async () => {
    const server = await start();
    const silent = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(silent, 'connect');
    // Answered after it on another connection, so it has surely been accepted by then.
    expect((await fetch(`${server.url}/ping`)).status).toBe(200);
    const ended = once(silent, 'close');
    await server.close();
    await ended;
  },
  WITHIN_MS,
);

test(
  'whoever follows the facts through the socket is told the end, and nobody waits for him',
  async () => {
    const server = await start();
    const following = request({ socketPath: server.socketPath, path: '/v1/events?follow=true', headers: { host: 'localhost' } });
    following.end();
    const [answer] = await once(following, 'response');
    expect(answer.statusCode).toBe(200);
    const ended = once(answer.resume(), 'close');
    await server.close();
    await ended;
  },
  WITHIN_MS,
);

test(
  'an engine whose port is taken does not start, and leaves the log to the next one',
  async () => {
    const first = await start();
    const dataDir = temporaryFolder();
    const port = Number(new URL(first.url).port);
    await expect(startServer({ dataDir, localNodes: false, listen: { port } })).rejects.toThrow(/EADDRINUSE/);
    const second = await startServer({ dataDir, localNodes: false, listen: { port: 0 } });
    onTestFinished(() => second.close().catch(() => undefined));
    expect((await fetch(`${second.url}/ping`)).status).toBe(200);
  },
  WITHIN_MS,
);
