import type { Command } from 'commander';
import type { Io } from './adapters/cli/io.ts';
import { newClusterSecret } from './adapters/keys/clusterSecret.ts';

/** `wharf cluster-secret`: a new one, for a file that each engine of a log is given. */
export const addClusterSecretCommand = (program: Command, io: Io): void => {
  program
    .command('cluster-secret')
    .description('Print a new secret for engines that share a log: 256 random bits.')
    .addHelpText(
      'after',
      '\nThe API’s token is derived from it, and it opens the keys of sealed fields: keep it as secret as a data directory, and give each engine\nof the log the same.\n\nExample:\n  $ (umask 077; wharf cluster-secret > /etc/wharf/cluster-secret)\n  $ wharf serve --log esdb://10.0.0.9:2113 --cluster-secret /etc/wharf/cluster-secret',
    )
    .action(() => io.out(newClusterSecret()));
};
