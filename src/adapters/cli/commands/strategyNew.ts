import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { pageOf, strategyOf, testOf } from '../strategyTemplate.ts';

/** `wharf strategy new`: a strategy to begin with, its test, and a page about both. */
export const addNewCommand = (strategy: Command, io: Io): void => {
  strategy
    .command('new <name> [folder]')
    .description('Write a strategy that works, its test and a README; nothing that is there is overwritten.')
    .addHelpText('after', '\nExample:\n  $ wharf strategy new gentle strategies')
    .action(async (name: string, folder = '.') => {
      if (!/^[a-z][a-z0-9-]{0,60}$/.test(name)) throw usage(`'${name}' is no name of a strategy: lower-case letters, digits and dashes`);
      await mkdir(folder, { recursive: true });
      const files = { [`${name}.ts`]: strategyOf(name), [`${name}.test.ts`]: testOf(name), 'README.md': pageOf(name) };
      for (const [file, text] of Object.entries(files)) {
        const path = join(folder, file);
        const wrote = await writeFile(path, text, { flag: 'wx' }).then(
          () => true,
          (error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? false : Promise.reject(error)),
        );
        io.out(wrote ? `wrote ${path}\n` : `${path} is there already, and stays\n`);
      }
    });
};
