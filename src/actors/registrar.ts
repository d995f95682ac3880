import { either as E } from 'fp-ts';
import { memberOf } from '../domain/group/difference.ts';
import type { GroupCommand } from '../domain/group/group.commands.ts';
import { GROUP, type GroupFactOf, type Member, ROOT_GROUP } from '../domain/group/group.facts.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { same } from '../domain/kernel/same.ts';
import type { Views } from '../domain/ports/views.ts';
import type { Cause } from './envelope.ts';
import { engineCause, type Tell } from './tell.ts';

export type Registrar = {
  /** Compares the whole tree with the apps there are, once, at the start. */
  load(cause: Cause): void;
  take(batch: readonly Recorded[]): void;
};

/**
 * Keeps the tree's list of taken ids true to the apps there are: ids of apps that are gone are free again. What a running plan moves
 * stands as the plan has it, until the plan has ended.
 */
export const createRegistrar = (views: Views, clock: Clock, tell: Tell): Registrar => {
  const claim = (members: readonly Member[], cause: Cause): void => {
    const unknown = members.filter((member) => !isClaimed(member));
    const command: GroupCommand = { type: 'ClaimMembers', members: unknown };
    if (unknown.length === 0) return;
    tell(ROOT_GROUP, command, engineCause(cause), (result) => {
      // One that cannot be must not keep the others from theirs.
      if (E.isLeft(result) && unknown.length > 1) for (const member of unknown) claim([member], cause);
    });
  };
  const isClaimed = (member: Member): boolean => {
    const claimed = views.groups.member(member.id);
    return claimed !== undefined && same(claimed.dependencies, member.dependencies) && claimed.kind === member.kind;
  };
  const release = (ids: readonly string[], cause: Cause): void => {
    const members = ids.flatMap((id) => {
      const claimed = views.groups.member(id);
      return claimed === undefined || views.apps.get(id) !== undefined ? [] : [{ id, version: claimed.claim }];
    });
    const command: GroupCommand = { type: 'ReleaseMembers', members };
    if (members.length > 0) tell(ROOT_GROUP, command, engineCause(cause));
  };
  /** Compares some ids with their apps, both ways. */
  const compare = (ids: readonly string[], cause: Cause): void => {
    const changes = views.plans.running().flatMap((plan) => plan.changes);
    const planned = new Set(changes.map(({ id }) => id));
    const coming = new Set(changes.flatMap(({ id, definition }) => (definition === undefined ? [] : [id])));
    claim(
      ids.flatMap((id) => {
        const row = planned.has(id) ? undefined : views.apps.get(id);
        return row === undefined ? [] : [memberOf(row.definition)];
      }),
      cause,
    );
    release(
      ids.filter((id) => !coming.has(id)),
      cause,
    );
  };
  /** Whoever took an id may never come with the app: the client may be gone, or may not know that it was given. */
  const expect = ({ id, fact, meta }: Recorded): void => {
    const ids = (fact as GroupFactOf<'MembersClaimed'>).members.map((member) => member.id);
    const cause: Cause = { correlationId: meta.correlationId, causationId: id, by: meta.by };
    clock.schedule(CLAIM_UNUSED_MS, () => compare(ids, cause));
  };
  const idsIn = ({ stream, fact }: Recorded): readonly string[] => {
    const { ids, deployment } = fact as { readonly ids?: readonly string[]; readonly deployment?: string };
    if (ids !== undefined) return ids;
    if (nounOf(stream) !== GROUP) return [keyOf(stream)];
    return (views.plans.get(deployment ?? '')?.changes ?? []).map(({ id }) => id);
  };
  return {
    load: (cause) => compare([...new Set([...views.apps.all(), ...views.groups.members()].map(({ id }) => id))], cause),
    take: (batch) => {
      for (const claimed of batch.filter(({ fact }) => fact.type === 'MembersClaimed')) expect(claimed);
      const touched = batch.filter(({ stream, fact }) => CHANGES[nounOf(stream)]?.has(fact.type));
      const last = touched.at(-1);
      if (last === undefined) return;
      const cause: Cause = { correlationId: last.meta.correlationId, causationId: last.id, by: last.meta.by };
      compare([...new Set(touched.flatMap(idsIn))], cause);
    },
  };
};

/** How long an id stays taken for an app that does not come, ms. */
export const CLAIM_UNUSED_MS = 30_000;

/** An id that is given back while its app comes again is taken again. */
const CHANGES: Readonly<Record<string, ReadonlySet<string>>> = {
  app: new Set(['AppVersionAdded', 'AppDestroyed']),
  group: new Set(['MembersReleased', 'GroupDeploymentEnded']),
};
