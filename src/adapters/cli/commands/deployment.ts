import type { Command } from 'commander';
import { awaitDeployments, finish } from '../await.ts';
import type { Client, Json } from '../client.ts';
import { headOf } from '../facts.ts';
import type { Io } from '../io.ts';
import { deploymentCalled } from '../names.ts';
import { openSession } from '../session.ts';

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

/** Apps and pods: one, or all that the deployment of a group moves. */
const movedBy = ({ affectedApps = [], affectedPods = [] }: Json): string => [...affectedApps, ...affectedPods].join(', ');

/** Of a deployment that runs; one that has ended holds no app. */
const appOf = async (client: Client, id: string): Promise<string | undefined> => {
  const running = ((await client.ask('GET', '/v2/deployments')) as readonly Json[]).find((each) => each.id === id);
  return running === undefined ? undefined : movedBy(running);
};
