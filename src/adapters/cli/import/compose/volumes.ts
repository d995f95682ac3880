import { resolve } from 'node:path';
import { isObject } from '../../../../domain/app/definition/readers.ts';
import type { Remarks } from './remarks.ts';
import { flagIn, textIn, textsIn } from './values.ts';

type Json = Readonly<Record<string, unknown>>;

export type Mounted = {
  readonly volumes: readonly { readonly containerPath: string; readonly hostPath: string; readonly mode: 'RO' | 'RW' }[];
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
};

export type Place = {
  /** Compose's own name of the project, which it puts before the names of volumes. */
  readonly project: string;
  /** Where relative paths start: the folder of the file. */
  readonly folder: string;
  readonly home: string;
  /** `volumes` of the file. */
  readonly declared: Json;
};

/** What a service mounts. A named volume keeps the name that Compose gave it, so that the data is found where it was. */
export const mountedIn = (service: Json, at: string, place: Place, found: Remarks): Mounted => {
  const volumes: Mounted['volumes'][number][] = [];
  const parameters: Mounted['parameters'][number][] = [];
  const add = ({ type, source, target, readOnly }: Volume, path: string): void => {
    if (type === 'tmpfs') return void parameters.push({ key: 'tmpfs', value: target });
    if (source === undefined) {
      parameters.push({ key: 'volume', value: target });
      found.note(path, 'each instance gets a volume without a name, which ends with its container');
      return;
    }
    const hostPath = type === 'bind' ? absolute(source, place) : volumeName(source, path, place, found);
    if (hostPath === undefined) return;
    volumes.push({ containerPath: target, hostPath, mode: readOnly ? 'RO' : 'RW' });
    found.note(
      path,
      type === 'bind'
        ? `${hostPath} is a path on whatever node an instance runs on`
        : `volume ${hostPath} is one per node: an instance that is placed on another finds it empty there`,
    );
  };
  const written = Array.isArray(service.volumes) ? service.volumes : [];
  if (service.volumes !== undefined && !Array.isArray(service.volumes)) found.refuse(`${at}.volumes`, 'must be a list');
  written.forEach((each, i) => {
    const path = `${at}.volumes.${i}`;
    const volume = isObject(each) ? longVolume(each, path, found) : shortVolume(textIn(each) ?? '', path, found);
    if (volume !== undefined) add(volume, path);
  });
  for (const target of textsIn(service.tmpfs) ?? []) parameters.push({ key: 'tmpfs', value: target });
  return { volumes, parameters };
};

type Volume = { readonly type: 'bind' | 'volume' | 'tmpfs'; readonly source?: string; readonly target: string; readonly readOnly: boolean };

const isPath = (source: string): boolean => /^(\.|\/|~)/.test(source);

/** `[source:]target[:options]`. */
const shortVolume = (text: string, path: string, found: Remarks): Volume | undefined => {
  const [first = '', second, options = ''] = text.split(':');
  const [source, target] = second === undefined ? [undefined, first] : [first, second];
  if (!target.startsWith('/')) {
    found.refuse(path, `'${text}' is no volume; it looks like data:/var/lib/data or ./conf:/etc/conf:ro`);
    return undefined;
  }
  const said = options.split(',').filter((option) => option !== '');
  for (const option of said.filter((each) => !['ro', 'rw'].includes(each))) found.leave(path, `the option ${option} is not carried`);
  const readOnly = said.includes('ro');
  return { type: source !== undefined && isPath(source) ? 'bind' : 'volume', ...(source !== undefined && { source }), target, readOnly };
};

const longVolume = (volume: Json, path: string, found: Remarks): Volume | undefined => {
  const { type = 'volume', source, target, read_only: readOnly = false, ...rest } = volume;
  for (const key of Object.keys(rest)) if (!key.startsWith('x-')) found.leave(`${path}.${key}`, 'it is not carried');
  const [from, to] = [textIn(source), textIn(target)];
  if (to === undefined || !to.startsWith('/')) {
    found.refuse(`${path}.target`, 'must be a path in the container');
    return undefined;
  }
  if (type !== 'bind' && type !== 'volume' && type !== 'tmpfs') {
    found.refuse(`${path}.type`, `'${textIn(type)}' is not possible here; bind, volume and tmpfs are`);
    return undefined;
  }
  return { type, ...(from !== undefined && { source: from }), target: to, readOnly: flagIn(readOnly) === true };
};

const absolute = (source: string, { folder, home }: Place): string =>
  source.startsWith('~') ? resolve(home, source.replace(/^~\/?/, '')) : resolve(folder, source);

const volumeName = (source: string, path: string, { project, declared }: Place, found: Remarks): string | undefined => {
  if (!Object.hasOwn(declared, source)) {
    found.refuse(path, `volume ${source} is not among the file's volumes`);
    return undefined;
  }
  const options = isObject(declared[source]) ? declared[source] : {};
  for (const key of ['driver', 'driver_opts', 'labels'])
    if (options[key] !== undefined && options[key] !== 'local')
      found.leave(`volumes.${source}.${key}`, 'the volume is made with the defaults of its node');
  return textIn(options.name) ?? (flagIn(options.external) === true ? source : `${project}_${source}`);
};
