import { readFile } from 'node:fs/promises';
import type { Json } from './client.ts';
import { usage } from './failure.ts';
import type { Io } from './io.ts';
import { printable } from './render.ts';

/** The app definitions in a file, or in standard input for `-`. @throws CliFailure for what is no JSON object or array of them. */
export const definitionsIn = async (file: string, io: Io, what = 'app'): Promise<readonly Json[]> => {
  const text = await (file === '-' ? io.stdin() : readFile(file, 'utf8')).catch((error: NodeJS.ErrnoException) => {
    throw usage(error.code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${error.message}`);
  });
  const content = parse(text, file);
  const definitions = Array.isArray(content) ? content : [content];
  if (definitions.length === 0 || definitions.some((each) => typeof each !== 'object' || each === null || Array.isArray(each)))
    throw usage(`${file} holds no ${what} definition: an object, or an array of them, was expected`);
  return definitions;
};

const parse = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(`${file === '-' ? 'standard input' : file} is no JSON: ${printable((error as Error).message)}`);
  }
};
