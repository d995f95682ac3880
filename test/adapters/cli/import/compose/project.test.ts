// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Compose's variables, not JavaScript's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { type ComposeFile, composeFileIn } from '../../../../../src/adapters/cli/import/compose/document.ts';
import { type ProjectOptions, projectOf } from '../../../../../src/adapters/cli/import/compose/project.ts';
import { DOCKER_PARAMETERS } from '../../../../../src/domain/app/definition/dockerParameters.ts';
import { parseApp } from '../../../../../src/domain/app/definition/parse.ts';
import { ROOT } from '../../../../support/sources.ts';

const GOLDENS = join(ROOT, 'test/goldens/compose');
const golden = (name: string): string => join(GOLDENS, name);

const OPTIONS: ProjectOptions = {
  folder: '/srv/shop',
  home: '/home/me',
  profiles: [],
  variables: { FROM_SHELL: 'shell' },
  envFiles: new Map([
    ['web.env', readFileSync(golden('web.env'), 'utf8')],
    ['missing.env', undefined],
  ]),
};

const fileIn = (text: string): ComposeFile => {
  const file = composeFileIn(text);
  if (typeof file === 'string') throw new Error(file);
  return file;
};

const converted = (text: string, more: Partial<ProjectOptions> = {}) => projectOf(fileIn(text), { ...OPTIONS, ...more });
const reasonsOf = ({ remarks }: ReturnType<typeof projectOf>, path: string) =>
  remarks.filter((each) => each.path === path).map(({ kind }) => kind);

test('a file that uses what people use becomes its golden group, which the engine takes', async () => {
  const { group, remarks } = converted(readFileSync(golden('shop.yml'), 'utf8'));
  await expect(`${JSON.stringify(group, undefined, 2)}\n`).toMatchFileSnapshot(golden('shop.group.json'));
  const said = remarks.map(({ kind, path, reason }) => `${kind}: ${path}: ${reason}\n`).join('');
  await expect(said).toMatchFileSnapshot(golden('shop.remarks.txt'));
  for (const app of group.apps) {
    expect(parseApp(app, { group: group.id })).toMatchObject({ _tag: 'Right' });
    for (const { key } of app.container.docker.parameters) expect(DOCKER_PARAMETERS).toContain(key);
  }
});

test('what cannot be made is refused by its path, all of it at once', async () => {
  const { remarks } = converted(readFileSync(golden('refused.yml'), 'utf8'));
  const refused = remarks.filter(({ kind }) => kind === 'refused').map(({ path, reason }) => `${path}: ${reason}\n`);
  await expect(refused.join('')).toMatchFileSnapshot(golden('refused.txt'));
});

test('a service of a profile comes when it is asked for', () => {
  const ids = (profiles: readonly string[]) =>
    converted('services: { a: { image: a }, b: { image: b, profiles: [dev] } }', { profiles }).group.apps.map(
      ({ id }: { id: string }) => id,
    );
  expect(ids([])).toEqual(['a']);
  expect(ids(['dev'])).toEqual(['a', 'b']);
  expect(ids(['*'])).toEqual(['a', 'b']);
});

test('the project is called as it is said, or in the environment, in the file, or by its folder', () => {
  const idOf = (text: string, more: Partial<ProjectOptions> = {}) => converted(text, more).group.id;
  const file = 'name: From_File\nservices: { a: { image: a } }';
  expect(idOf(file, { name: 'Said' })).toBe('/said');
  expect(idOf(file, { variables: { COMPOSE_PROJECT_NAME: 'env' } })).toBe('/env');
  expect(idOf(file)).toBe('/from-file');
  expect(idOf('services: { a: { image: a } }')).toBe('/shop');
});

test('a named volume keeps the name that Compose gave it, and those from elsewhere theirs', () => {
  const { group } = converted(`
services: { a: { image: a, volumes: [own:/own, given:/given, outer:/outer, ~/x:/x, ../y:/y] } }
volumes: { own: {}, given: { name: exactly }, outer: { external: true } }`);
  expect(group.apps[0].container.volumes).toEqual([
    { containerPath: '/own', hostPath: 'shop_own', mode: 'RW' },
    { containerPath: '/given', hostPath: 'exactly', mode: 'RW' },
    { containerPath: '/outer', hostPath: 'outer', mode: 'RW' },
    { containerPath: '/x', hostPath: '/home/me/x', mode: 'RW' },
    { containerPath: '/y', hostPath: '/srv/y', mode: 'RW' },
  ]);
});

test('the old goes before the new where they would fight over a port or a volume, and after it elsewhere', () => {
  const strategyOf = (service: string) =>
    converted(`services: { a: { image: a, ${service} } }\nvolumes: { v: }`).group.apps[0].upgradeStrategy;
  expect(strategyOf('ports: ["80:80"]')).toEqual({ minimumHealthCapacity: 0, maximumOverCapacity: 0 });
  expect(strategyOf('volumes: [v:/v], scale: 3')).toEqual({ minimumHealthCapacity: 0.666, maximumOverCapacity: 0 });
  expect(strategyOf('volumes: [v:/v:ro], ports: ["80"]')).toBeUndefined();
  expect(strategyOf('deploy: { replicas: 4, update_config: { parallelism: 2 } }')).toEqual({
    minimumHealthCapacity: 0.5,
    maximumOverCapacity: 0,
  });
  expect(strategyOf('deploy: { replicas: 4, update_config: { order: start-first } }')).toEqual({
    minimumHealthCapacity: 1,
    maximumOverCapacity: 0.25,
  });
});

test('on a Docker network services go by their names, and only published ports are open on the node', () => {
  const text = 'services: { web: { image: w, ports: ["80:80"], expose: [81], environment: { DB_HOST: db } }, db: { image: d } }';
  const plain = converted(text);
  expect(reasonsOf(plain, 'services.web.environment.DB_HOST')).toEqual(['left out']);
  const networked = converted(text, { network: 'shop-net' });
  expect(networked.remarks.map(({ kind }) => kind)).toEqual(['note']);
  expect(networked.group.apps[0]).toMatchObject({
    networks: [{ mode: 'container', name: 'shop-net' }],
    container: {
      docker: { parameters: [{ key: 'network-alias', value: 'web' }] },
      portMappings: [
        { containerPort: 80, hostPort: 80, servicePort: 80 },
        { containerPort: 81, servicePort: 0 },
      ],
    },
  });
  expect(networked.group.apps[0].container.portMappings[1]).not.toHaveProperty('hostPort');
  const taken = parseApp(networked.group.apps[0], { group: '/shop' });
  expect(E.isRight(taken)).toBe(true);
});

test('a file on the host network declares its ports as they are', () => {
  const { group } = converted('services: { a: { image: a, network_mode: host, expose: ["53/udp", "80"] } }');
  expect(group.apps[0]).toMatchObject({
    networks: [{ mode: 'host' }],
    requirePorts: true,
    portDefinitions: [
      { port: 53, protocol: 'udp' },
      { port: 80, protocol: 'tcp' },
    ],
  });
});

test('whatever is not known is told, and what begins with x- is nobody’s business', () => {
  const made = converted('services: { a: { image: a, x-mine: 1, frobnicate: 2 } }\nx-top: 1\nmodels: {}');
  expect(made.remarks.filter(({ kind }) => kind !== 'note').map(({ path }) => path)).toEqual(['models', 'services.a.frobnicate']);
});

test.for([
  ['services: [', /^Flow sequence in block collection must .* at line 1/],
  ['services: { a: { image: a } }\nservices: {}', /^Map keys must be unique at line 2/],
  ['a: 1', /^it has no services$/],
  ['', /^it has no services$/],
  [
    'a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nservices: { d: [*c,*c,*c,*c,*c,*c] }',
    /alias/,
  ],
  ['services: !reset {}', /tag/],
] as const)('%s is no compose file', ([text, reason]) => {
  expect(composeFileIn(text)).toEqual(expect.stringMatching(reason));
});
