import { expect, test } from 'vitest';
import { suggest } from '../../../../src/domain/app/definition/suggest.ts';

const KNOWN = ['instances', 'cpus', 'mem', 'env', 'cmd', 'labels', 'healthChecks', 'readinessChecks', 'portDefinitions', 'constraints'];

test.each([
  ['instnces', 'instances'],
  ['instance', 'instances'],
  ['intsances', 'instances'],
  ['Instances', 'instances'],
  ['healthcheck', 'healthChecks'],
  ['cpu', 'cpus'],
  ['lables', 'labels'],
  ['evn', 'env'],
  ['maintainer', undefined],
  ['x', undefined],
  ['', undefined],
  ['i'.repeat(100_000), undefined],
])('%s may mean %s', (misspelt, meant) => expect(suggest(misspelt, KNOWN)).toBe(meant));
