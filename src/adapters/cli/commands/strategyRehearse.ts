import type { Command } from 'commander';
import type { Io } from '../io.ts';
export const addRehearseCommand = (_strategy: Command, _io: Io): void => {};
