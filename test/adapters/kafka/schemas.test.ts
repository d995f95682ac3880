import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { factVersions, schemaDocument } from '../../../src/adapters/kafka/schemas.ts';
import { publicData } from '../../../src/adapters/kafka/withheld.ts';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';
import { historyNames, storedHistory } from '../../support/histories.ts';
import { wireFact } from '../../support/wireFacts.ts';

const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false });
for (const { wireName } of factVersions()) ajv.addSchema(schemaDocument(wireName) ?? {}, wireName);

const faults = (wireName: string, data: unknown): unknown => (ajv.validate(wireName, data) ? [] : ajv.errors);

const goldens = ['facts', 'factsOfPods'].flatMap((folder) =>
  readdirSync(join(import.meta.dirname, '../../goldens', folder)).map((file) => ({
    wireName: file.replace(/\.json$/, ''),
    data: readFileSync(join(import.meta.dirname, '../../goldens', folder, file), 'utf8'),
  })),
);

describe('the schema of a fact version', () => {
  test.for(goldens)('takes the golden of $wireName as messages carry it', ({ wireName, data }) => {
    const noun = factVersions().find((each) => each.wireName === wireName)?.nouns[0];
    const stored: StoredFact = { ...wireFact(1, { type: wireName, data }), stream: `${noun}-x`, revision: 0, position: 1 };
    expect(faults(wireName, JSON.parse(publicData(stored)))).toEqual([]);
  });

  test('takes every fact of every stored history', () => {
    for (const stored of historyNames().flatMap(storedHistory))
      expect({ data: stored.data, faults: faults(stored.type, JSON.parse(publicData(stored))) }).toEqual({ data: stored.data, faults: [] });
  });

  test('takes no secret, and no data of another fact', () => {
    const added = { app: '/a', version: 'v', configVersion: 'v', reason: 'create' };
    expect(faults('AppVersionAdded.v1', { ...added, definition: { id: '/a', env: { A: { $withheld: 'sensitive' } } } })).toEqual([]);
    expect(faults('AppVersionAdded.v1', { ...added, definition: { id: '/a', env: { A: 'plain' } } })).not.toEqual([]);
    expect(faults('InstancePlaced.v1', added)).not.toEqual([]);
  });

  test('is unknown of a fact that there is not', () => {
    expect(schemaDocument('InstancePlaced.v99')).toBeUndefined();
    expect(schemaDocument('constructor.v1')).toBeUndefined();
  });
});
