import { CliFailure, usage } from './failure.ts';
import type { Session } from './session.ts';

/**
 * Asks a person before something is lost.
 * @throws CliFailure for any answer but yes, and where nobody is there to answer.
 */
export const confirm = async ({ io, json }: Session, question: string): Promise<void> => {
  if (json || io.ask === undefined) throw usage('nothing was changed: --yes removes without asking, --dry-run only shows');
  if (!/^\s*y(es)?\s*$/i.test(await io.ask(question))) throw new CliFailure('nothing was changed');
};
