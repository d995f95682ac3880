import { Command, CommanderError } from 'commander';
import { addAppCommands } from './commands/app.ts';
import { addBisectCommand } from './commands/bisect.ts';
import { addDeploymentCommands } from './commands/deployment.ts';
import { addDiffCommand } from './commands/diff.ts';
import { addEventsCommand } from './commands/events.ts';
import { addForkCommand } from './commands/fork.ts';
import { addGroupCommands } from './commands/group.ts';
import { addHistoryCommand } from './commands/history.ts';
import { addImportCommands } from './commands/import.ts';
import { addInstanceCommands } from './commands/instance.ts';
import { addLintPolicyCommand } from './commands/lintPolicy.ts';
import { addLogCommands } from './commands/log.ts';
import { addNodeCommands } from './commands/node.ts';
import { addPlacementCommands } from './commands/placement.ts';
import { addPlanCommands } from './commands/plan.ts';
import { addPodCommands } from './commands/pod.ts';
import { addQueueCommand } from './commands/queue.ts';
import { addRebalanceCommand } from './commands/rebalance.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addRoleCommands } from './commands/role.ts';
import { addStrategyCommands } from './commands/strategy.ts';
import { addTimelineCommand } from './commands/timeline.ts';
import { addTrafficCommand } from './commands/traffic.ts';
import { addUndoCommand } from './commands/undo.ts';
import { addWhatIfCommand } from './commands/whatIf.ts';
import { addWhyCommand } from './commands/why.ts';
import { CliFailure, EXIT } from './failure.ts';
import type { Io } from './io.ts';

export type Program = {
  readonly version: string;
  /** Commands that talk to no running engine, such as the one that starts it. */
  readonly more?: (program: Command) => void;
  /** Commands on the log itself that are made of more than it. */
  readonly moreOfLog?: (log: Command) => void;
};

/** All commands that talk to a running engine. */
export const createProgram = (io: Io, { version, more, moreOfLog }: Program): Command => {
  const program = new Command('wharf')
    .description('An event-sourced container orchestrator.')
    .version(version, '-V, --version')
    .option('--data-dir <path>', 'the engine’s data directory, whose socket is used ($WHARF_DATA_DIR, ~/.wharf)')
    .option('--url <url>', 'the engine’s address instead ($WHARF_URL), with the token in $WHARF_TOKEN')
    .option('--at <moment>', 'read everything as of then: an ISO 8601 instant, a position of the log, or an age such as -15m')
    .option('--log <file>', 'read the log in this file, as of its end, instead of asking an engine')
    .option('--json', 'answer one JSON document; JSON lines where something is followed')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: io.out, writeErr: io.err, getOutHelpWidth: () => io.terminal?.columns ?? 100 })
    .showHelpAfterError("(more with '--help')")
    .exitOverride()
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf serve                          start an engine here\n  $ wharf app deploy web.json --wait     deploy, and wait until it is there\n  $ wharf app show /web                  its instances, and why one waits\n  $ wharf history /web                   its story in sentences\n  $ wharf why 3f2a91c0                   why it is dead, or where it is\n\nExit codes: 0 done · 1 failed, refused or cancelled · 2 wrong usage · 3 no engine answers · 130 interrupted',
    );
  more?.(program);
  addAppCommands(program, io);
  addPodCommands(program, io);
  addGroupCommands(program, io);
  addDeploymentCommands(program, io);
  addStrategyCommands(program, io);
  addNodeCommands(program, io);
  addRoleCommands(program, io);
  addInstanceCommands(program, io);
  addEventsCommand(program, io);
  addHistoryCommand(program, io);
  addBisectCommand(program, io);
  addWhyCommand(program, io);
  addPlacementCommands(program, io);
  addDiffCommand(program, io);
  addTimelineCommand(program, io);
  addLogCommands(program, io, moreOfLog);
  addRebalanceCommand(program, io);
  addUndoCommand(program, io);
  addQueueCommand(program, io);
  addTrafficCommand(program, io);
  addImportCommands(program, io);
  addForkCommand(program, io);
  addWhatIfCommand(program, io);
  addPlanCommands(program, io);
  addLintPolicyCommand(program, io);
  addReplayCommand(program, io);
  return program;
};

/** Runs one command line and answers its exit code; says what went wrong in a sentence. */
export const runCli = async (argv: readonly string[], io: Io, options: Program): Promise<number> => {
  try {
    await createProgram(io, options).parseAsync([...argv], { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (io.interrupted.aborted && !(error instanceof CliFailure)) return EXIT.interrupted;
    const failure = error instanceof CliFailure ? error : new CliFailure(`this went wrong: ${String((error as Error)?.message ?? error)}`);
    io.err(`wharf: ${failure.message}\n${failure.details.map((detail) => `  ${detail}\n`).join('')}`);
    return failure.exitCode;
  }
};
