import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Instant } from '../domain/kernel/units.ts';
import { createAlarms } from './alarms.ts';
import type { Debt, Effect } from './performer.ts';
import { engineCause, type Tell } from './tell.ts';

/** A deployment in which something must become ready by a moment that moves with each progress is told when that moment has come. */
export const deadlineEffect = (clock: Clock, tell: Tell): Effect => {
  const debts = new Map<StreamName, Debt>();
  const alarms = createAlarms<StreamName>(clock, (stream) => {
    const debt = debts.get(stream);
    const progressBy = debt === undefined ? undefined : dueOf(debt);
    if (debt === undefined || progressBy === undefined) return;
    const command: DeploymentCommand = { type: 'ReportStalled', progressBy };
    tell(stream, command, engineCause(debt.cause));
  });
  const release = ({ stream }: Debt): void => {
    debts.delete(stream);
    alarms.clear(stream);
  };
  return {
    perform: (debt) => {
      release(debt);
      const at = dueOf(debt);
      if (at === undefined) return;
      debts.set(debt.stream, debt);
      alarms.set(debt.stream, at);
    },
    release,
  };
};

/** Nothing is due where the policy says so, before the first look, and while the deployment is paused. */
const dueOf = ({ params }: Debt): Instant | undefined => {
  const { at, paused } = params as { readonly at?: Instant; readonly paused?: boolean };
  return paused === true ? undefined : at;
};
