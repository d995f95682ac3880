import type { Message } from './adapters/kafka/message.ts';
import { stateChanges, wholeState } from './adapters/kafka/state.ts';
import type { StateViews } from './adapters/kafka/stateDocuments.ts';
import type { Sealer } from './domain/kernel/codec.ts';
import type { StoredFact } from './domain/kernel/ports.ts';
import type { Recorded } from './domain/kernel/recorded.ts';
import type { FactReader } from './domain/ports/factReader.ts';
import { recordedOf } from './domain/recordedOf.ts';
import { apps, appsView } from './projections/apps.ts';
import { deployments, deploymentsView } from './projections/deployments.ts';
import { groups, groupsView } from './projections/groups.ts';
import { instances, instancesView } from './projections/instances.ts';
import { nodes, nodesView } from './projections/nodes.ts';
import { plans, plansView } from './projections/plans.ts';
import { createRunner, type Runner } from './projections/runner.ts';
import { strategies, strategiesView } from './projections/strategies.ts';

/** Opens nothing: the views that are told of here hold no secret. */
const WITHHOLDING: Sealer = {
  seal: () => {
    throw new Error('who tells of the present seals nothing');
  },
  open: () => JSON.stringify({ $withheld: 'sensitive' }),
};

/** Facts that are folded at a time. */
const PAGE = 4_096;

/** The present as messages, from views of its own that are folded from the log. */
export type KafkaState = {
  /** Folds up to a position without telling of it: what was told before, or will be told whole. */
  skipTo(reader: Pick<FactReader, 'page'>, position: number): void;
  /** Folds the next facts of the log. @returns what they changed, to be sent in this order */
  changes(page: readonly StoredFact[]): readonly Message[];
  /** All that there is at the position, for topics that hold nothing yet. */
  whole(): readonly Message[];
  position(): number;
};

/** @param onTrouble told of a fact that cannot be read or folded; it changes nothing here */
export const createKafkaState = (prefix: string, onTrouble: (text: string) => void): KafkaState => {
  const runner = createRunner();
  const views = viewsOf(runner);
  const take = (page: readonly StoredFact[]): readonly Recorded[] => {
    const batch = page.flatMap((stored) => {
      try {
        // A copy: what is decoded here is not kept with the fact.
        return stored.position > runner.position() ? [recordedOf({ ...stored }, WITHHOLDING)] : [];
      } catch (error) {
        onTrouble(error instanceof Error ? error.message : String(error));
        return [];
      }
    });
    runner.take(batch, ({ stream, revision }, error) =>
      onTrouble(`no view takes ${stream} at revision ${revision}: ${error instanceof Error ? error.message : error}`),
    );
    return batch;
  };
  return {
    skipTo: (reader, position) => {
      for (let page = reader.page(runner.position(), position, PAGE); page.length > 0; ) {
        take(page);
        page = reader.page(page.at(-1)?.position ?? position, position, PAGE);
      }
    },
    changes: (page) => stateChanges(views, take(page), prefix),
    whole: () => wholeState(views, runner.position(), prefix),
    position: runner.position,
  };
};

/** The views that are told of, and no other: nobody asks this thread for names or rosters. */
const viewsOf = ({ add }: Runner): StateViews => ({
  apps: appsView(add(apps)),
  deployments: deploymentsView(add(deployments)),
  groups: groupsView(add(groups)),
  instances: instancesView(add(instances)),
  nodes: nodesView(add(nodes)),
  plans: plansView(add(plans)),
  strategies: strategiesView(add(strategies)),
});
