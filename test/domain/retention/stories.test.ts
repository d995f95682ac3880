import { test } from 'vitest';
import { retentionNoun } from '../../../src/domain/retention/retention.decider.ts';
import { retention as fact } from '../../support/facts.ts';
import { storiesOf } from '../../support/given.ts';

const given = storiesOf(retentionNoun);
const archive = (over: Parameters<typeof fact.StreamsArchived>[0] = {}) => ({
  ...fact.StreamsArchived(over),
  type: 'RecordArchive' as const,
});
const requests = fact.RetentionPolicySet({ noun: 'request', keepDays: 7 });

test('a policy is set once, changed, and cleared', () => {
  given().when({ type: 'SetRetentionPolicy', noun: 'instance', keepDays: 30 }).then(fact.RetentionPolicySet());
  given(fact.RetentionPolicySet()).when({ type: 'SetRetentionPolicy', noun: 'instance', keepDays: 30 }).silence();
  given(fact.RetentionPolicySet())
    .when({ type: 'SetRetentionPolicy', noun: 'instance', keepDays: 31 })
    .then(fact.RetentionPolicySet({ keepDays: 31 }));
  given(fact.RetentionPolicySet()).when({ type: 'ClearRetentionPolicy', noun: 'instance' }).then(fact.RetentionPolicyCleared());
  given().when({ type: 'ClearRetentionPolicy', noun: 'instance' }).silence();
});

test('nothing leaves the log that no policy speaks of', () => {
  given(fact.RetentionPolicySet()).when(archive()).refused('illegal-in-state');
  given(fact.RetentionPolicySet(), requests).when(archive()).then(fact.StreamsArchived());
});

test('an archive is recorded once', () => {
  given(fact.RetentionPolicySet(), requests, fact.StreamsArchived()).when(archive()).silence();
});

test('a subject whose key hides nothing is not shredded', () => {
  given().when({ type: 'ShredSubject', subject: 'app:/web', key: 'k', hidden: {} }).refused('not-found');
  given()
    .when({ ...fact.SubjectShredded(), type: 'ShredSubject' })
    .then(fact.SubjectShredded());
});
