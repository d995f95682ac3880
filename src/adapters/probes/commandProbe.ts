import { either as E } from 'fp-ts';
import type { Millis } from '../../domain/kernel/units.ts';
import type { ProbeAnswer, ProbeTarget } from '../../domain/ports/probes.ts';

/** What is shown of a failed command's output, characters. */
const OUTPUT_SHOWN = 200;

/** Runs the command beside the instance; exit code 0 is healthy. A host that does not answer says nothing about its instances. */
export const commandProbe = async (
  { host, instance, argv, container }: Extract<ProbeTarget, { kind: 'command' }>,
  timeoutMs: Millis,
): Promise<ProbeAnswer> => {
  const result = await host.exec(instance, argv, { timeoutMs, ...(container !== undefined && { container }) })();
  if (E.isLeft(result)) {
    const { _tag, message } = result.left;
    return { _tag: _tag === 'HostUnreachable' ? 'Inconclusive' : 'Failed', cause: message };
  }
  const { exitCode, stdout, stderr } = result.right;
  if (exitCode === 0) return { _tag: 'Succeeded' };
  const said = (stderr.trim() || stdout.trim()).slice(0, OUTPUT_SHOWN);
  return { _tag: 'Failed', cause: said === '' ? `exit code ${exitCode}` : `exit code ${exitCode}: ${said}`, exitCode };
};
