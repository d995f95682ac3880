import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addBacktestCommand } from './strategyBacktest.ts';
import { addCheckCommand } from './strategyCheck.ts';
import { addDrawCommand } from './strategyDraw.ts';
import { addListCommands } from './strategyList.ts';
import { addNewCommand } from './strategyNew.ts';
import { addRehearseCommand } from './strategyRehearse.ts';

/** `wharf strategy …`: how deployments move, tried before they do. */
export const addStrategyCommands = (program: Command, io: Io): void => {
  const strategy = program.command('strategy').description('Strategies of deployments, and their gates.');
  addBacktestCommand(strategy, io);
  addCheckCommand(strategy, io);
  addListCommands(strategy, io);
  addDrawCommand(strategy, io);
  addNewCommand(strategy, io);
  addRehearseCommand(strategy, io);
};
