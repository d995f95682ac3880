import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { eventDescription } from '../../../src/adapters/kafka/eventDescription.ts';
import { nouns } from '../../../src/domain/nouns.ts';
import { world } from './world.ts';

const events = eventDescription({ prefix: 'harbour', mode: 'structured', version: '1.2.3', state: true, commands: true });

test('the description of events is there as JSON and as YAML, for everyone', async () => {
  const { call } = await world({ events });
  const json = await call('GET', '/asyncapi.json', { token: null });
  expect(json.body).toMatchObject({ asyncapi: '3.0.0', channels: { app: { address: 'harbour.app' } } });
  const yaml = await call('GET', '/asyncapi.yaml', { token: null });
  expect(yaml.headers['content-type']).toBe('application/yaml');
  expect(parse(yaml.text)).toEqual(json.body);
});

test('each fact version has a schema at the place that is told, for everyone', async () => {
  const { call } = await world({ events });
  const { schemas } = (await call('GET', '/v1/schemas', { token: null })).body as { schemas: { name: string; path: string }[] };
  const today = Object.values(nouns).flatMap(({ codec }) => Object.keys(codec.forms).map(codec.wireName));
  expect(schemas.map(({ name }) => name)).toEqual([...new Set(today)].sort());
  for (const { name, path } of schemas) {
    const { status, text, headers } = await call('GET', path, { token: null });
    expect([status, headers['content-type']]).toEqual([200, 'application/schema+json; charset=utf-8']);
    expect(JSON.parse(text).$id).toBe(`urn:wharfinger:schema:${name}`);
    expect(new Ajv2020({ strict: false }).validateSchema(JSON.parse(text))).toBe(true);
  }
});

test('a fact version that there is not is 404, and says where all are named', async () => {
  const { call } = await world({ events });
  const { status, body } = await call('GET', '/v1/schemas/InstancePlaced.v99', { token: null });
  expect([status, body.message]).toEqual([404, "There is no fact version 'InstancePlaced.v99'; /v1/schemas names them all"]);
  expect((await call('GET', '/v1/schemas/a/b', { token: null })).status).toBe(401);
});
