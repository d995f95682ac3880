import { test } from 'vitest';
import { requestNoun } from '../../../src/domain/request/request.ts';
import { request as fact } from '../../support/facts.ts';
import { storiesOf } from '../../support/given.ts';

const given = storiesOf(requestNoun);
const record = { ...fact.RequestReceived(), type: 'RecordRequest' } as const;

test('a request is recorded', () => given().when(record).then(fact.RequestReceived()));
test('once', () => given(fact.RequestReceived()).when(record).silence());
test('a refused one is recorded with its refusal', () => {
  const outcome = { kind: 'refused', code: 'app-locked', message: 'locked' } as const;
  given()
    .when({ ...record, outcome })
    .then(fact.RequestReceived({ outcome }));
});
