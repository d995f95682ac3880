import { makeSigningKey } from '../adapters/witness/signingKeys.ts';
import { requireOutside } from './outside.ts';

/** Makes a key pair outside of the data directory. @throws Error in plain words */
export const newSigningKey = (file: string, dataDir: string): ReturnType<typeof makeSigningKey> => {
  requireOutside(dataDir, 'the key', file);
  try {
    return makeSigningKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new Error(`'${file}' or its .pub is there already; a key is never overwritten`);
    throw error;
  }
};
