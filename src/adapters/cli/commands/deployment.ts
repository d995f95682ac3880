import type { Command } from 'commander';
import { awaitDeployments, finish } from '../await.ts';
import type { Client, Json } from '../client.ts';
import { headOf } from '../facts.ts';
import type { Io } from '../io.ts';
import { deploymentCalled } from '../names.ts';
import { openSession } from '../session.ts';
import { deploymentText } from './deploymentText.ts';
import { addReceiptCommand } from './receipt.ts';

/** `wharf deployment …`: moves from one version to another that are under way. */
export const addDeploymentCommands = (program: Command, io: Io): void => {
  const deployment = program.command('deployment').description('Deployments that are running.');

  deployment
    .command('list')
    .description('Running deployments.')
    .action(async (_options, command: Command) => {
      const session = await openSession(command, io);
      const document = (await session.client.ask('GET', '/v2/deployments')) as readonly Json[];
      session.answer({ deployments: document }, () =>
        document.length === 0
          ? 'no deployment is running\n'
          : session.table(
              ['DEPLOYMENT', 'MOVES', 'STEP', 'DOES', 'TO VERSION'],
              document.map((each) => [
                each.id,
                movedBy(each),
                `${each.currentStep} of ${each.totalSteps}`,
                [...new Set(each.currentActions.map(({ action }: Json) => action))].join(', '),
                each.version,
              ]),
            ),
      );
    });

  show(deployment, io);
  addReceiptCommand(deployment, io);
  addWords(deployment, io);

  deployment
    .command('watch <id>')
    .description('Follow a deployment to its end; exit code 0 only when it succeeded. Ctrl-C leaves it running.')
    .action(async (name: string, _options, command: Command) => {
      const session = await openSession(command, io);
      await awaitDeployments(session, [{ id: await deploymentCalled(session.client, name) }]);
    });

  deployment
    .command('cancel <id>')
    .description('Go back to what was there before, by a deployment of its own; with --force stop where it is.')
    .option('--force', 'only let go of it; what is there stays')
    .option('--wait', 'wait until the way back has ended')
    .action(
      async (name: string, { force = false, wait = false }: { readonly force?: boolean; readonly wait?: boolean }, command: Command) => {
        const session = await openSession(command, io);
        const id = await deploymentCalled(session.client, name);
        const app = await appOf(session.client, id);
        const since = await headOf(session.client);
        const answer = await session.client.ask('DELETE', `/v2/deployments/${encodeURIComponent(id)}?force=${force}`);
        if (!force)
          return finish(session, [{ id: answer.deploymentId, ...(app !== undefined && { app }), version: answer.version }], wait, since);
        session.answer({ cancelled: id }, () => `deployment ${id} was cancelled; what it made stays\n`);
      },
    );
};

/** One that runs, or one that has ended lately. */
const show = (deployment: Command, io: Io): void => {
  deployment
    .command('show <id>')
    .description('Where a deployment stands: the state of its strategy, instances and weights by version, what it waits for.')
    .action(async (name: string, _options, command: Command) => {
      const session = await openSession(command, io);
      const id = await deploymentCalled(session.client, name);
      const document = await session.client.ask('GET', `/v1/deployments/${encodeURIComponent(id)}`);
      session.answer(document, () => deploymentText(document, session.table));
    });
};

/** What somebody may say to a deployment that runs. */
const addWords = (deployment: Command, io: Io): void => {
  const word = (verb: string, description: string, said: string, option?: readonly [flag: string, text: string]): void => {
    const command = deployment.command(`${verb} <id>`).description(description);
    if (option !== undefined) command.option(...(option as [string, string]));
    command.action(async (name: string, options: Readonly<Record<string, string>>, self: Command) => {
      const session = await openSession(self, io);
      const id = await deploymentCalled(session.client, name);
      const document = await session.client.ask('POST', `/v1/deployments/${encodeURIComponent(id)}/${verb}`, { body: options });
      session.answer(document, () => `deployment ${id} ${said}; it is '${document.state}' now\n`);
    });
  };
  const reason = ['--reason <text>', 'why, for the history'] as const;
  word('pause', 'Go no further; what is there is kept, and timers keep what is left of them.', 'is paused', reason);
  word('resume', 'Go on after a pause.', 'goes on');
  word('approve', 'Let it go on where it waits for somebody to say so.', 'is approved', ['--comment <text>', 'for the history']);
  word('abort', 'Go back to what was there before; nobody who must serve goes before another one is ready.', 'goes back', reason);
  deployment
    .command('winner <id> <new|old>')
    .description('Choose which of two versions that are tried beside each other stays.')
    .option('--reason <text>', 'why, for the history')
    .action(async (name: string, winner: string, options: { readonly reason?: string }, command: Command) => {
      const session = await openSession(command, io);
      const id = await deploymentCalled(session.client, name);
      const document = await session.client.ask('POST', `/v1/deployments/${encodeURIComponent(id)}/winner`, {
        body: { winner, ...options },
      });
      session.answer(document, () => `the ${winner} version stays; deployment ${id} is '${document.state}' now\n`);
    });
};

/** Apps and pods: one, or all that the deployment of a group moves. */
const movedBy = ({ affectedApps = [], affectedPods = [] }: Json): string => [...affectedApps, ...affectedPods].join(', ');

/** Of a deployment that runs; one that has ended holds no app. */
const appOf = async (client: Client, id: string): Promise<string | undefined> => {
  const running = ((await client.ask('GET', '/v2/deployments')) as readonly Json[]).find((each) => each.id === id);
  return running === undefined ? undefined : movedBy(running);
};
