import { Command } from 'commander';
import { VERSION } from './version.ts';

/** What `wharf` starts. */
await new Command('wharf').description('An event-sourced container orchestrator.').version(VERSION, '-V, --version').parseAsync();
