import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../../../src/adapters/cli/program.ts';
import { addAsyncApiCommand } from '../../../src/asyncapiCommand.ts';
import { kafkaThreadData } from '../../../src/serveKafka.ts';
import { simulatedServer } from '../../support/simulatedServer.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const typed = async (...argv: readonly string[]) => {
  let [out, err] = ['', ''];
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    stdin: async () => '',
    env: {},
    home: '/nonexistent',
    now: () => 0,
    interrupted: new AbortController().signal,
  };
  const code = await runCli(argv, io, { version: '1.2.3', more: (program) => addAsyncApiCommand(program, io) });
  return { code, out, err };
};

describe('wharf asyncapi', () => {
  test('prints what an engine serves', async () => {
    const dataDir = temporaryFolder();
    const { api } = await simulatedServer(0, { dataDir });
    const { code, out } = await typed('--data-dir', dataDir, 'asyncapi');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(await api.get('/asyncapi.json'));
  });

  test('without an engine prints all that there could be, as YAML too', async () => {
    const json = await typed('asyncapi', '--no-engine', '--prefix', 'harbour', '--mode', 'binary');
    const yaml = await typed('asyncapi', '--no-engine', '--prefix', 'harbour', '--mode', 'binary', '--yaml');
    expect(parse(yaml.out)).toEqual(JSON.parse(json.out));
    expect(JSON.parse(json.out).channels).toMatchObject({ app: { address: 'harbour.app' }, commands: { address: 'harbour.commands' } });
    expect(JSON.parse(json.out).components.messages['InstancePlaced.v1'].headers.required).toContain('ce_position');
  });

  test('says so where no engine answers', async () => {
    expect(await typed('--data-dir', '/nonexistent', 'asyncapi')).toMatchObject({ code: 3, out: '' });
  });
});

test('commands are taken where that was asked for, through the socket of the engine, and remembered beside the log', () => {
  const options = { connection: { brokers: ['k:9092'] }, prefix: 'wharf', mode: 'structured' } as const;
  expect(kafkaThreadData(options, '/data')).not.toHaveProperty('commands');
  expect(kafkaThreadData({ ...options, commands: true }, '/data').commands).toEqual({
    socketPath: '/data/wharf.sock',
    answeredFile: '/data/kafka/commands.sqlite',
  });
});
