import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';

const TOKEN_BYTES = 32;

/** Puts a token that all engines of a cluster have into the file that clients on this machine look into. */
export const keepToken = async (path: string, token: string): Promise<string> => {
  await writeFile(path, `${token}\n`, { mode: 0o600 });
  await chmod(path, 0o600);
  return token;
};

/** The API's token in a file: made at the first start; only its owner can read it. */
export const tokenIn = async (path: string): Promise<string> => {
  try {
    await writeFile(path, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await chmod(path, 0o600);
  return (await readFile(path, 'utf8')).trim();
};
