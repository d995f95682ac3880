import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { locationBelow } from '../../../../src/adapters/http/dcos/service/headers.ts';
import { listenUnix } from '../../../../src/adapters/http/listen.ts';
import type { Json } from '../../../support/api.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';
import { type Quay, quay, TOKEN } from './quay.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Tells everything that it was asked, body and all. */
const echo: Handler = (asked, response) => {
  let body = '';
  asked.setEncoding('utf8').on('data', (text: string) => {
    body += text;
  });
  asked.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] });
    response.end(JSON.stringify({ method: asked.method, url: asked.url, headers: asked.headers, body }));
  });
};

/** A real server; the simulated instance that has its port stands for its process. */
const served = async (handler: Handler): Promise<{ readonly port: number; readonly server: Server }> => {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
};

const labels = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  DCOS_SERVICE_NAME: name,
  DCOS_SERVICE_SCHEME: 'http',
  DCOS_SERVICE_PORT_INDEX: '0',
  ...more,
});

const offer = { hostname: 'n1', address: '127.0.0.1', cpus: 4, mem: 4096, disk: 1000, gpus: 0, portRanges: [[1024, 65_535]] };

/** An app whose one instance has a port of ours, under the name of a service. */
const service = async (made: Quay, id: string, port: number, given: Readonly<Record<string, string>>): Promise<void> => {
  if (made.world.engine.views.nodes.get('n1') === undefined) await made.node('n1', { offer } as never);
  await made.app({ id, cmd: 'serve', cpus: 0.1, mem: 32, portDefinitions: [{ port, protocol: 'tcp' }], requirePorts: true, labels: given });
};

const withService = async (handler: Handler, name = 'web', more: Readonly<Record<string, string>> = {}) => {
  const made = await quay();
  const { port, server } = await served(handler);
  await service(made, '/web', port, labels(name, more));
  return { ...made, server, port };
};

describe('a request to a service', () => {
  test('comes to the task with method, rest of the path, query and body, and its answer comes back', async () => {
    const { fetch, url } = await withService(echo);
    const answer = await fetch('/service/web/a//b%2Fc?d=e&minPosition=x', {
      method: 'PUT',
      body: 'cargo',
      headers: { 'content-type': 'text/x' },
    });
    const told = (await answer.json()) as Json;
    expect(told).toMatchObject({ method: 'PUT', url: '/a//b%2Fc?d=e&minPosition=x', body: 'cargo' });
    expect(told.headers).toMatchObject({
      'content-type': 'text/x',
      host: new URL(url).host,
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.get('x-frame-options')).toBeNull();
  });

  test('without anything behind the name is for its root', async () => {
    const { json } = await withService(echo);
    expect((await json('/service/web')).url).toBe('/');
    expect((await json('/service/web/')).url).toBe('/');
    expect((await json('/service/web?x=1')).url).toBe('/?x=1');
  });

  test('keeps its path where the app says that it knows it', async () => {
    const { json } = await withService(echo, 'web', { DCOS_SERVICE_REWRITE_REQUEST_URLS: 'false' });
    expect((await json('/service/web/a?b')).url).toBe('/service/web/a?b');
  });

  test('brings our key to nobody, in whichever form; what opens something else is passed on', async () => {
    const { url, post } = await withService(echo);
    const { token } = (await (await post('/acs/api/v1/auth/login', { uid: 'ann', password: TOKEN })).json()) as Json;
    const basic = Buffer.from(`ann:${TOKEN}`).toString('base64');
    for (const authorization of [`Bearer ${TOKEN}`, `token=${TOKEN}`, `token=${token}`, `Basic ${basic}`]) {
      const told = await (await fetch(`${url}/service/web/`, { headers: { authorization } })).text();
      expect(told).toContain('"url":"/"');
      for (const secret of [TOKEN, token, basic]) expect(told).not.toContain(secret);
    }
    const cookie = `dcos-acs-auth-cookie=${token}; theirs=1; key=${TOKEN}`;
    const baked = (await (await fetch(`${url}/service/web/`, { headers: { authorization: `token=${TOKEN}`, cookie } })).json()) as Json;
    expect(baked.headers.cookie).toBe('theirs=1');
    const open = await quay({ auth: 'none' });
    const { port } = await served(echo);
    await service(open, '/web', port, labels('web'));
    const told = (await (await fetch(`${open.url}/service/web/`, { headers: { authorization: 'Bearer its-own' } })).json()) as Json;
    expect(told.headers.authorization).toBe('Bearer its-own');
  });

  test('without the token reaches nobody', async () => {
    let asked = 0;
    const { url } = await withService((_, response) => {
      asked++;
      response.end();
    });
    expect((await fetch(`${url}/service/web/`)).status).toBe(401);
    expect((await fetch(`${url}/service/web/`, { headers: { authorization: 'token=wrong' } })).status).toBe(401);
    expect(asked).toBe(0);
  });

  const asking = (url: string, headers: Readonly<Record<string, string>>, body: readonly [string, string]): Promise<Json> =>
    new Promise((resolve, reject) => {
      const asked = request(
        `${url}/service/web/`,
        { method: 'DELETE', headers: { authorization: `token=${TOKEN}`, ...headers } },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          answer.on('end', () => resolve(JSON.parse(text)));
        },
      );
      asked.on('error', reject);
      asked.write(body[0]);
      asked.end(body[1]);
    });

  test('has no headers of the connection, and its body is framed whatever the method', async () => {
    const { url } = await withService(echo);
    const hops = { connection: 'close, x-hop', 'x-hop': '1', te: 'trailers', 'transfer-encoding': 'chunked' };
    const told = await asking(url, hops, ['one, ', 'two']);
    expect(told.body).toBe('one, two');
    expect(told.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    for (const name of ['x-hop', 'te']) expect(told.headers).not.toHaveProperty(name);
  });

  test('is one request also where it calls the length of its body a header of the connection', async () => {
    const urls: (string | undefined)[] = [];
    const { url } = await withService((asked, response) => {
      urls.push(asked.url);
      echo(asked, response);
    });
    const another = 'GET /smuggled HTTP/1.1\r\nHost: web\r\n\r\n';
    const told = await asking(url, { connection: 'close, content-length, host', 'content-length': String(another.length) }, [another, '']);
    expect(told.body).toBe(another);
    expect(told.headers.host).toBe(new URL(url).host);
    expect(urls).toEqual(['/']);
  });

  test('is answered as a stream: the first words before the last are said', async () => {
    let finish = (): void => {};
    const { fetch } = await withService((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('first');
      finish = () => response.end('last');
    });
    const answer = await fetch('/service/web/');
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    const read = async () => Buffer.from((await reader.read()).value ?? []).toString();
    expect(await read()).toBe('first');
    finish();
    expect(await read()).toBe('last');
  });

  test('may be answered while it is still being sent', async () => {
    const { url } = await withService((asked, response) => {
      response.write('go on ');
      asked.once('data', (text) => response.end(`heard ${text}`));
    });
    const text = await new Promise<string>((resolve, reject) => {
      const asked = request(`${url}/service/web/`, { method: 'POST', headers: { authorization: `token=${TOKEN}` } }, (answer) => {
        let heard = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          heard += chunk;
          if (heard === 'go on ') asked.end('on');
        });
        answer.on('end', () => resolve(heard));
      });
      asked.on('error', reject);
      asked.flushHeaders();
    });
    expect(text).toBe('go on heard on');
  });

  test('that its client gives up is given up at the service too', async () => {
    const gone = Promise.withResolvers<void>();
    const { fetch } = await withService((asked, response) => {
      response.writeHead(200).write('never ends');
      asked.socket.once('close', () => gone.resolve());
    });
    const over = new AbortController();
    await fetch('/service/web/', { signal: over.signal });
    over.abort();
    await gone.promise;
  });
});

/** What speaks no proper HTTP. */
const rude = async (text: string) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(text));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const made = await quay();
  await service(made, '/web', (server.address() as AddressInfo).port, labels('web'));
  return made;
};

describe('a service that speaks no proper HTTP', () => {
  test.each([
    '',
    'ahoy',
    'HTTP/1.1 099 Odd\r\n\r\n',
    'HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n',
  ])('%j is 502, and the next one is served', async (text) => {
    const { fetch } = await rude(text);
    expect((await fetch('/service/web/')).status).toBe(502);
    expect((await fetch('/ping')).status).toBe(200);
  });

  test('and ends in the middle of its answer ends it for the client, too', async () => {
    const { fetch } = await rude('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    const answer = await fetch('/service/web/');
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  test('and hangs up while it is still told something leaves our own connection in order', async () => {
    const { fetch } = await rude('HTTP/1.1 413 Too Much\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    const answer = await fetch('/service/web/', { method: 'POST', body: new Uint8Array(4_000_000) });
    // Its answer may be lost on the way: whoever hangs up takes back what was not read yet.
    expect([413, 502]).toContain(answer.status);
    expect((await fetch('/ping')).status).toBe(200);
  });
});

describe('the name of a service', () => {
  test('may have many parts; of two that fit the shorter is meant', async () => {
    const made = await quay();
    const [deep, wide] = [await served((_, response) => response.end('deep')), await served((_, response) => response.end('wide'))];
    await service(made, '/deep', deep.port, labels('/group/web/'));
    expect(await (await made.fetch('/service/group/web/x')).text()).toBe('deep');
    await service(made, '/wide', wide.port, labels('group'));
    expect(await (await made.fetch('/service/group/web/x')).text()).toBe('wide');
  });

  test('that nobody has is 404, with the label that it is looked for in', async () => {
    const { fetch } = await withService(echo);
    const answer = await fetch('/service/none/x');
    expect([answer.status, ((await answer.json()) as Json).message]).toEqual([404, expect.stringContaining('DCOS_SERVICE_NAME')]);
    expect((await fetch(`/service/${'a/'.repeat(10)}web`)).status).toBe(404);
    expect((await fetch('/service/marathon/v1/nodes')).status).toBe(404);
  });

  test.each([
    [{ DCOS_SERVICE_SCHEME: 'ftp' }, 'DCOS_SERVICE_SCHEME'],
    [{ DCOS_SERVICE_PORT_INDEX: 'first' }, 'DCOS_SERVICE_PORT_INDEX'],
    [{ DCOS_SERVICE_PORT_INDEX: '7' }, 'no port with the index 7'],
  ])('of an app with the labels %o is 404, and says why', async (more, why) => {
    const { fetch } = await withService(echo, 'web', more);
    const answer = await fetch('/service/web/');
    expect([answer.status, ((await answer.json()) as Json).message]).toEqual([404, expect.stringContaining(why)]);
  });

  test('of an app without a running task is 503, of one that does not answer 502', async () => {
    const { fetch, server, app, port } = await withService(echo);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const refused = await fetch('/service/web/');
    expect([refused.status, ((await refused.json()) as Json).message]).toEqual([502, expect.stringContaining(`127.0.0.1:${port}`)]);
    await app({ id: '/none', cmd: 'serve', cpus: 0.1, mem: 32, instances: 0, labels: labels('none') });
    const none = await fetch('/service/none/');
    expect([none.status, none.headers.get('retry-after')]).toEqual([503, '5']);
  });

  test('of one that takes too long is 504', async () => {
    const heard = Promise.withResolvers<void>();
    const { fetch, world } = await withService(() => heard.resolve());
    const { schedule } = world.engine.clock;
    (world.engine.clock as { schedule: typeof schedule }).schedule = (after, callback) => {
      if (after !== 60_000) return schedule(after, callback);
      void heard.promise.then(callback);
      return () => {};
    };
    const answer = await fetch('/service/web/');
    expect([answer.status, ((await answer.json()) as Json).message]).toEqual([504, expect.stringContaining('no answer within 60000 ms')]);
  });
});

describe('a redirect', () => {
  const target = { scheme: 'http', host: 'h', port: 1, path: '/', prefix: '/service/web' } as const;
  test.each([
    ['/login', '/service/web/login'],
    ['/service/web/login', '/service/web/login'],
    ['/service/website', '/service/web/service/website'],
    ['http://wharf:8080/login?x', '/service/web/login?x'],
    ['http://wharf/login', '/service/web/login'],
    ['https://wharf/login', 'https://wharf/login'],
    ['http://elsewhere/login', 'http://elsewhere/login'],
    ['//elsewhere/login', '//elsewhere/login'],
    ['below', 'below'],
  ])('to %s leads to %s', (location, wanted) => {
    expect(locationBelow(location, target, 'wharf:8080')).toBe(wanted);
  });
});

/** Asks for another protocol; resolves with the status, and with the connection where it was changed. */
const upgrade = (
  where: { readonly url: string } | { readonly socketPath: string },
  path: string,
  headers: Readonly<Record<string, string>> = { authorization: `token=${TOKEN}` },
) =>
  new Promise<{ readonly status: number; readonly socket?: Socket; readonly headers: IncomingMessage['headers'] }>((resolve, reject) => {
    const { hostname, port } = 'url' in where ? new URL(where.url) : { hostname: undefined, port: undefined };
    const asked = request({
      ...('url' in where ? { hostname, port } : { socketPath: where.socketPath }),
      path,
      agent: false,
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'key', ...headers },
    });
    asked.on('error', reject);
    asked.on('upgrade', (answer, socket, head) => {
      socket.unshift(head);
      resolve({ status: answer.statusCode ?? 0, socket: socket as Socket, headers: answer.headers });
    });
    asked.on('response', (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
    });
    asked.end();
    onTestFinished(() => {
      asked.destroy();
    });
  });

describe('a WebSocket', () => {
  const shouting = async (options: Parameters<typeof quay>[0] = {}) => {
    const made = await quay(options);
    const { port, server } = await served((_, response) => response.writeHead(200).end());
    const seen: IncomingMessage[] = [];
    server.on('upgrade', (asked: IncomingMessage, socket: Socket) => {
      seen.push(asked);
      if (asked.url === '/no') {
        socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: yes\r\n\r\nwelcome ',
      );
      socket.on('data', (text) => socket.write(text.toString().toUpperCase()));
    });
    await service(made, '/web', port, labels('web'));
    return { ...made, seen };
  };
  const hear = async (socket: Socket, length: number): Promise<string> => {
    let text = '';
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += chunk;
      if (text.length >= length) break;
    }
    return text;
  };

  test('passes through in both directions, without our key', async () => {
    const { url, seen } = await shouting();
    const { status, socket, headers } = await upgrade({ url }, '/service/web/chat?x=1');
    expect([status, headers['sec-websocket-accept'], seen[0]?.url]).toEqual([101, 'yes', '/chat?x=1']);
    expect(seen[0]?.headers).toMatchObject({ 'sec-websocket-key': 'key' });
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
    socket?.write('ahoy');
    expect(await hear(socket as Socket, 12)).toBe('welcome AHOY');
  });

  test('needs the token, the right host and a service', async () => {
    const { url, seen } = await shouting();
    expect((await upgrade({ url }, '/service/web/', {})).status).toBe(401);
    expect((await upgrade({ url }, '/service/web/', { authorization: `token=${TOKEN}`, host: 'evil.example' })).status).toBe(403);
    expect((await upgrade({ url }, '/service/web/', { authorization: `token=${TOKEN}`, origin: 'http://evil.example' })).status).toBe(403);
    expect((await upgrade({ url }, '/service/none/')).status).toBe(404);
    expect(seen).toEqual([]);
  });

  test('that the service does not want is refused in its own words', async () => {
    const { url } = await shouting();
    expect((await upgrade({ url }, '/service/web/no')).status).toBe(403);
  });

  test('ends with the server', async () => {
    const made = await shouting();
    const { socket } = await upgrade({ url: made.url }, '/service/web/chat');
    const ended = new Promise((resolve) => socket?.once('close', resolve));
    socket?.resume();
    await made.http.close();
    await ended;
  });

  test('comes through the unix socket too, where nobody is asked', async () => {
    const made = await shouting();
    const socketPath = `${temporaryFolder()}/wharf.sock`;
    const listening = await listenUnix(made.http, socketPath);
    onTestFinished(() => listening.close());
    const { status, socket } = await upgrade({ socketPath }, '/service/web/chat', {});
    expect(status).toBe(101);
    socket?.destroy();
  });

  test('is no other wish: who asks for HTTP/2 on the way is answered in HTTP/1.1', async () => {
    const { url } = await shouting();
    expect((await upgrade({ url }, '/ping', { upgrade: 'h2c' })).status).toBe(200);
    expect((await upgrade({ url }, '/v2/apps', { authorization: `token=${TOKEN}` })).status).toBe(200);
  });
});
