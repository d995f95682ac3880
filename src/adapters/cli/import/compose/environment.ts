import { isObject } from '../../../../domain/app/definition/readers.ts';
import { variablesIn } from './envFile.ts';
import type { Variables } from './interpolate.ts';
import type { Remarks } from './remarks.ts';
import { flagIn, pairsIn, textIn } from './values.ts';

type Json = Readonly<Record<string, unknown>>;

/** An env file that a service names, by the path as it is written there. */
export type EnvFile = { readonly path: string; readonly required: boolean; readonly at: string };

export const envFilesOf = (service: Json, at: string): readonly EnvFile[] => {
  const written = service.env_file;
  const list = Array.isArray(written) ? written : written === undefined || written === null ? [] : [written];
  return list.map((each, i) => {
    const path = isObject(each) ? textIn(each.path) : textIn(each);
    return {
      path: path ?? '',
      required: !isObject(each) || flagIn(each.required) !== false,
      at: `${at}.env_file${Array.isArray(written) ? `.${i}` : ''}`,
    };
  });
};

/**
 * The environment of a service: its env files in their order, then what it says itself. A name without value is taken from the shell.
 * @param files the content of env files by path; undefined where there is none.
 */
export const environmentOf = (
  service: Json,
  at: string,
  files: ReadonlyMap<string, string | undefined>,
  shell: Variables,
  found: Remarks,
): Readonly<Record<string, string>> => {
  const environment: Record<string, string> = {};
  for (const { path, required, at: place } of envFilesOf(service, at)) {
    const content = files.get(path);
    if (content !== undefined) Object.assign(environment, variablesIn(content, shell));
    else if (required) found.refuse(place, `there is no file ${path}`);
  }
  const own = service.environment;
  const pairs = own === undefined || own === null ? [] : pairsIn(own);
  if (pairs === undefined) found.refuse(`${at}.environment`, 'must be a map or a list');
  for (const [name, value] of pairs ?? []) {
    const given = value ?? shell[name];
    if (given === undefined) delete environment[name];
    else environment[name] = given;
  }
  return environment;
};
