import { either as E } from 'fp-ts';
import type { AppCommand } from '../../../domain/app/app.commands.ts';
import type { GroupCommand } from '../../../domain/group/group.commands.ts';
import type { Command } from '../../../domain/kernel/decider.ts';
import { keyOf, type StreamName } from '../../../domain/kernel/ids.ts';
import { type Refusal, refusal } from '../../../domain/kernel/refusal.ts';
import { same } from '../../../domain/kernel/same.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { settled } from '../reading.ts';

/**
 * The engine, with no more than so many deployments at once (Marathon's `--max_running_deployments`): those of groups and those of single
 * apps, each of them one. What takes over from one that runs, or changes nothing, is no further one.
 */
export const limitDeployments = (engine: Engine, max: number): Engine => {
  /** Asked for, and not in the views yet. */
  const coming = new Set<string>();
  const tooMany = (): Refusal | undefined =>
    new Set([...coming, ...running(engine)]).size < max
      ? undefined
      : refusal(
          'too-many-deployments',
          `Max number (${max}) of running deployments is achieved. Wait for existing deployments to complete or cancel one using force=true parameter. You can increase max deployment number by using --max-running-deployments parameter.`,
        );
  return {
    ...engine,
    submit: async (stream, command, request) => {
      const deployment = beginning(engine, stream, command);
      if (deployment === undefined) return engine.submit(stream, command, request);
      const refused = tooMany();
      if (refused !== undefined) {
        await engine.recordRefusal(stream, command.type, request, refused);
        return E.left(refused);
      }
      coming.add(deployment);
      try {
        const answer = await engine.submit(stream, command, request);
        if (E.isRight(answer)) await settled(engine, answer.right.position);
        return answer;
      } finally {
        coming.delete(deployment);
      }
    },
    // No id is taken for what would be refused in the next moment.
    precede: async (stream, command, request) => {
      const refused = claimsForMore(engine, command) ? tooMany() : undefined;
      return refused === undefined ? engine.precede(stream, command, request) : E.left(refused);
    },
  };
};

const running = ({ views: { plans, deployments, apps } }: Engine): readonly string[] => {
  const single = deployments.running().filter(({ id, app, partOf }) => partOf === undefined && apps.get(app)?.deployment === id);
  return [...plans.running(), ...single].map(({ id }) => id);
};

/** The deployment that a command would begin beside those that run. */
const beginning = ({ views }: Engine, stream: StreamName, command: Command): string | undefined => {
  const asked = command as AppCommand | GroupCommand;
  const isLocked = (app: string): boolean => views.apps.get(app)?.deployment !== undefined;
  switch (asked.type) {
    case 'ChangeGroup':
      if (asked.changes.length === 0) return undefined;
      return asked.force && asked.changes.some(({ id }) => isLocked(id)) ? undefined : asked.deployment;
    case 'DeployApp': {
      const { definition } = views.apps.get(keyOf(stream)) ?? {};
      const isThere = asked.reason !== 'restart' && (asked.retire ?? []).length === 0 && same(definition, asked.definition);
      return isLocked(keyOf(stream)) || isThere ? undefined : asked.deployment;
    }
    case 'RestartApp':
    case 'DestroyApp':
      return isLocked(keyOf(stream)) ? undefined : asked.deployment;
    default:
      return undefined;
  }
};

const claimsForMore = ({ views }: Engine, command: Command): boolean => {
  const asked = command as GroupCommand;
  return asked.type === 'ClaimMembers' && asked.members.some(({ id }) => views.apps.get(id)?.deployment === undefined);
};
