import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { either as E } from 'fp-ts';
import type { SignedCheckpoint } from '../../../domain/proof/checkpoint.ts';
import type { FactProof } from '../../../domain/proof/factProof.ts';
import { dataDirOf } from '../connection.ts';
import { CliFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { counted, type FileOption, isJson, isoOf, logFileOf, many, plainly } from '../logFile.ts';
import { openSession } from '../session.ts';

type Trusted = { readonly witness?: readonly string[]; readonly key?: readonly string[] };

/** `wharf log keygen`, `checkpoint`, `prove`, `check-proof`. */
export const addProofCommands = (log: Command, io: Io): void => {
  addKeygen(log, io);
  addCheckpoint(log, io);
  addProve(log, io);
  addCheckProof(log, io);
};

const addKeygen = (log: Command, io: Io): void => {
  log
    .command('keygen <file>')
    .description('Makes a key that signs checkpoints: the private half in FILE for its owner alone, the public half in FILE.pub.')
    .action((file: string, _: unknown, command: Command) =>
      plainly(io, async () => {
        const { newSigningKey } = await import('../../../logs/keygen.ts');
        const made = newSigningKey(file, dataDirOf(command.optsWithGlobals(), io));
        io.out(
          isJson(command)
            ? `${JSON.stringify({ ...made, file })}\n`
            : `key ${made.key}\n  private in ${file}: for wharf serve --checkpoint-key; keep it away from the log\n  public in  ${made.publicFile}: for whoever checks\n`,
        );
      }),
    );
};

const addCheckpoint = (log: Command, io: Io): void => {
  log
    .command('checkpoint')
    .description('Writes a signed checkpoint now: a running engine does, with its own key and witnesses; or with --file this command.')
    .option('--file <log.sqlite>', 'a log file; needs --key and --witness')
    .option('--key <file>', 'the private key')
    .option('--witness <file>', 'a file that it is appended to; may be repeated', many)
    .action(async (options: FileOption & { readonly key?: string; readonly witness?: readonly string[] }, command: Command) => {
      const signed = await plainly(io, () => checkpointBy(options, command, io));
      if (signed === undefined) throw new CliFailure('the log is empty: there is nothing to vouch for');
      io.out(isJson(command) ? `${JSON.stringify(signed)}\n` : checkpointText(signed));
    });
};

const checkpointBy = async (
  { file, key, witness = [] }: FileOption & { readonly key?: string; readonly witness?: readonly string[] },
  command: Command,
  io: Io,
): Promise<SignedCheckpoint | undefined> => {
  if (file === undefined) {
    if (key !== undefined || witness.length > 0) throw usage('--key and --witness are for a log file: name it with --file');
    return (await openSession(command, io)).client.ask('POST', '/v1/checkpoints', { silenceMs: CHECKPOINT_SILENCE_MS });
  }
  if (key === undefined || witness.length === 0) throw usage('a checkpoint of a file needs --key and --witness');
  const { checkpointFile } = await import('../../../logs/prove.ts');
  return checkpointFile(file, { key, witnesses: witness, at: io.now() });
};

/** The first tree of a long log takes a while. */
const CHECKPOINT_SILENCE_MS = 300_000;

const checkpointText = ({ number, position, streams, root, at, key }: SignedCheckpoint): string =>
  `checkpoint ${number}: ${counted(streams)} streams up to #${position}, ${isoOf(at)}\n  root ${root}\n  key  ${key}\n`;

const addProve = (log: Command, io: Io): void => {
  log
    .command('prove <fact>')
    .description('Writes a proof that a fact stood in the log at the last checkpoint: the fact by its position (#12) or its id.')
    .requiredOption('--witness <file>', 'checkpoints that a witness kept; may be repeated', many)
    .option('--key <file>', 'the public key: checkpoints by others are passed over; may be repeated', many)
    .option('--file <log.sqlite>', 'the log (that of the data directory)')
    .option('--out <file>', 'where the proof goes (standard output)')
    .addHelpText('after', "\nExample:\n  $ wharf log prove '#1207' --witness /mnt/witness/wharf.jsonl --out proof.json")
    .action(async (fact: string, options: FileOption & Trusted & { readonly out?: string }, command: Command) => {
      const { witness = [], key = [], out } = options;
      const proof = await plainly(io, async () => {
        const { proveFact } = await import('../../../logs/prove.ts');
        return proveFact(logFileOf(options, command, io), fact, { witnesses: witness, keys: key });
      });
      const text = `${JSON.stringify(proof, undefined, 2)}\n`;
      if (out === undefined) io.out(text);
      else await plainly(io, () => writeFile(out, text, { flag: 'wx' }));
    });
};

const addCheckProof = (log: Command, io: Io): void => {
  log
    .command('check-proof <file>')
    .description('Checks a proof without the log: by the public key that is trusted, by a witness, or by both.')
    .option('--key <file>', 'the public key that is trusted; may be repeated', many)
    .option('--witness <file>', 'what a witness kept; may be repeated', many)
    .action(async (file: string, { key = [], witness = [] }: Trusted, command: Command) => {
      if (key.length === 0 && witness.length === 0)
        throw usage('name the --key or the --witness that is trusted: without either a proof vouches for itself alone');
      const checked = await plainly(io, async () => {
        const { checkProofFile } = await import('../../../logs/prove.ts');
        return checkProofFile(file, { witnesses: witness, keys: key });
      });
      if (E.isLeft(checked)) {
        if (isJson(command)) io.out(`${JSON.stringify({ holds: false, ...checked.left })}\n`);
        throw new CliFailure(`the proof does not hold (${checked.left.part}): ${checked.left.detail}`);
      }
      io.out(isJson(command) ? `${JSON.stringify({ holds: true, ...checked.right })}\n` : provenText(checked.right, key, witness));
    });
};

const provenText = ({ fact, later, checkpoint }: FactProof, key: readonly string[], witness: readonly string[]): string => {
  const { number, at, log, key: keyId } = checkpoint;
  const by = [...(key.length > 0 ? [`signed by key ${keyId}`] : []), ...(witness.length > 0 ? [`kept by ${witness.join(', ')}`] : [])].join(
    ' and ',
  );
  return [
    `the proof holds: ${fact.type} is revision ${fact.revision} of ${fact.stream} in the log ${log.slice(0, 16)}…\n`,
    `  by ${fact.by} at ${isoOf(fact.at)}, state ${fact.state}: ${fact.data}\n`,
    `  ${later.length} later facts of the stream lead to its head in checkpoint ${number} of ${isoOf(at)}, ${by}\n`,
    'Proven: this fact, unchanged, and whatever stands before it in its stream, was in the log when the checkpoint was signed.\n',
    'Not proven: that what it says is true; its position in the log; what sealed fields hold; anything since the checkpoint',
    key.length === 0 ? '; whose checkpoint it is (--key)' : '',
    witness.length === 0 ? '; that the signer showed others the same checkpoint (--witness)' : '',
    '.\n',
  ].join('');
};
