// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Compose's variables, not JavaScript's.
import { expect, test } from 'vitest';
import { variablesIn } from '../../../../../src/adapters/cli/import/compose/envFile.ts';
import { interpolated } from '../../../../../src/adapters/cli/import/compose/interpolate.ts';
import { namesHost } from '../../../../../src/adapters/cli/import/compose/mentions.ts';
import { portsOf } from '../../../../../src/adapters/cli/import/compose/ports.ts';
import { remarks } from '../../../../../src/adapters/cli/import/compose/remarks.ts';
import { lineOf, mebibytesIn, secondsIn, wordsIn } from '../../../../../src/adapters/cli/import/compose/values.ts';

const VARIABLES = { SET: 'set', EMPTY: '', OTHER: 'other' };

test.for([
  ['plain', 'plain'],
  ['$SET/${SET}', 'set/set'],
  ['$$SET $${SET}', '$SET ${SET}'],
  ['${SET:-d} ${EMPTY:-d} ${UNSET:-d}', 'set d d'],
  ['${SET-d} [${EMPTY-d}] ${UNSET-d}', 'set [] d'],
  ['${UNSET:-${OTHER}x${UNSET-}}', 'otherx'],
  ['${SET:+r}[${EMPTY:+r}][${EMPTY+r}]', 'r[][r]'],
  ['${SET:?must}', 'set'],
] as const)('%s reads %s', ([text, read]) => {
  const found = remarks();
  expect(interpolated({ deep: [text] }, VARIABLES, found)).toEqual({ deep: [read] });
  expect(found.all).toEqual([]);
});

test.for([
  ['${EMPTY:?must be}', 'refused', 'variable EMPTY must be set: must be'],
  ['${UNSET?}', 'refused', 'variable UNSET must be set'],
  ['${SET', 'refused', "'${SET' lacks its closing brace"],
  ['${1X}', 'refused', "'${1X}' is no variable"],
  ['5$', 'refused', "a '$' stands alone; write '$$' for one dollar"],
  ['$UNSET', 'note', 'variable UNSET is not set; it is taken as empty'],
] as const)('%s is %s', ([text, kind, reason]) => {
  const found = remarks();
  interpolated({ a: { b: text } }, VARIABLES, found);
  expect(found.all).toEqual([{ kind, path: 'a.b', reason }]);
});

test('an env file is read as Compose reads it', () => {
  const text = `# comment\nA=1\nexport B = two words # told\nC='$keeps # it'\nD="a\\n\\"b\\""\nE=\nSHELL_ONE\nUNKNOWN\nF=a#b\nG="over\nlines"\nH=\${A}-$SHELL_ONE\nI=pa$\n`;
  expect(variablesIn(text, { SHELL_ONE: 's' })).toEqual({
    A: '1',
    B: 'two words',
    C: '$keeps # it',
    D: 'a\n"b"',
    E: '',
    SHELL_ONE: 's',
    F: 'a#b',
    G: 'over\nlines',
    H: '1-s',
    I: 'pa$',
  });
});

test('amounts and durations are read in their units', () => {
  expect([secondsIn('1m30s'), secondsIn('1h'), secondsIn('500ms'), secondsIn('1.5s'), secondsIn(10), secondsIn('soon')]).toEqual([
    90,
    3600,
    0.5,
    1.5,
    10,
    undefined,
  ]);
  expect([mebibytesIn('512m'), mebibytesIn('1gb'), mebibytesIn('1.5G'), mebibytesIn(1), mebibytesIn('lots')]).toEqual([
    512,
    1024,
    1536,
    1,
    undefined,
  ]);
});

test('a command line comes apart as in a shell, and goes together for one', () => {
  expect(wordsIn(`run --a 'b c' "d \\"e\\"" f\\ g ''`)).toEqual(['run', '--a', 'b c', 'd "e"', 'f g', '']);
  expect(wordsIn("run 'open")).toBeUndefined();
  expect(lineOf(['run', "it's", '--a=b', ''])).toBe(`run 'it'\\''s' --a=b ''`);
});

const ports = (written: unknown) => {
  const found = remarks();
  return { ports: portsOf({ ports: [written] }, 'services.a', found), kinds: found.all.map(({ kind }) => kind) };
};

test.for([
  ['3000', [[3000, 0, 'tcp']], []],
  [3000, [[3000, 0, 'tcp']], []],
  [
    '3000-3001',
    [
      [3000, 0, 'tcp'],
      [3001, 0, 'tcp'],
    ],
    [],
  ],
  ['8000:80', [[80, 8000, 'tcp']], []],
  [
    '9090-9091:8080-8081',
    [
      [8080, 9090, 'tcp'],
      [8081, 9091, 'tcp'],
    ],
    [],
  ],
  ['0.0.0.0:8001:8001', [[8001, 8001, 'tcp']], []],
  ['127.0.0.1:8001:8001', [[8001, 0, 'tcp']], ['left out']],
  ['127.0.0.1::5000', [[5000, 0, 'tcp']], ['left out']],
  ['[::1]:6000:6001', [[6001, 0, 'tcp']], ['left out']],
  ['6060:6060/udp', [[6060, 6060, 'udp']], []],
  ['8000-9000:80', [[80, 0, 'tcp']], ['left out']],
  [{ target: 80, published: '8080', protocol: 'udp' }, [[80, 8080, 'udp']], []],
  [{ target: 80, published: 8080, host_ip: '10.0.0.1', mode: 'host' }, [[80, 0, 'tcp']], ['left out']],
  ['80:81:82:83', [], ['refused']],
  ['99999', [], ['refused']],
] as const)('port %j', ([written, expected, kinds]) => {
  const read = ports(written);
  expect(read.ports.map(({ containerPort, hostPort, protocol }) => [containerPort, hostPort, protocol])).toEqual(expected);
  expect(read.kinds).toEqual(kinds);
});

test.for([
  ['db:5432', '', true],
  ['postgres://u:p@db/x', '', true],
  ['tcp://db', '', true],
  ['a:1,db:2', '', true],
  ['db', 'DB_HOST', true],
  ['db', 'POSTGRES_DB', false],
  ['mydb:5432', '', false],
  ['db:5:6', '', false],
  ['/var/lib/db', 'DATA', false],
] as const)('%s in %s names the host db: %s', ([text, variable, does]) => {
  expect(namesHost(text, 'db', variable)).toBe(does);
});
