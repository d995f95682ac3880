import type { Command } from 'commander';

/** What every import can be told. */
export const importing = (command: Command): Command =>
  command
    .option('--yes', 'write without asking', false)
    .option('--dry-run', 'only show what would change', false)
    .option('--force', 'take over from deployments that are running here', false)
    .option('--no-wait', 'do not wait for the deployments');
