import { readFile } from 'node:fs/promises';
import { either as E } from 'fp-ts';
import { CliFailure, EXIT } from '../adapters/cli/failure.ts';
import type { ClusterProfile } from '../adapters/hosts/simulated/cluster/description.ts';
import { type ProfileProblem, parseProfile } from '../adapters/hosts/simulated/cluster/parse.ts';
import { PROFILES } from '../adapters/hosts/simulated/cluster/profiles.ts';
import { parseApp } from '../domain/app/definition/parse.ts';

/** A longer file is no profile, bytes. */
const FILE_MAX_BYTES = 4 * 2 ** 20;

/**
 * A built-in profile by its name, or one in a JSON file; its templates are definitions that an engine would take.
 * @throws CliFailure that names each field and the rule that it breaks
 */
export const profileIn = async (given: string): Promise<ClusterProfile> => {
  const parsed = parseProfile(Object.hasOwn(PROFILES, given) ? PROFILES[given] : await documentIn(given));
  const problems = E.isLeft(parsed) ? parsed.left : templateProblems(parsed.right);
  if (E.isRight(parsed) && problems.length === 0) return parsed.right;
  throw new CliFailure(`${given} is no profile of a simulated cluster`, {
    exitCode: EXIT.usage,
    details: problems.map(({ field, rule }) => `${field}: ${rule}`),
  });
};

const documentIn = async (path: string): Promise<unknown> => {
  const wrong = (why: string): CliFailure => new CliFailure(why, { exitCode: EXIT.usage });
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const isAName = /^[\w-]+$/.test(path);
    throw wrong(
      isAName
        ? `there is no profile '${path}'; there are ${Object.keys(PROFILES).join(', ')}, or a JSON file`
        : `${path}: ${error.message}`,
    );
  });
  if (text.length > FILE_MAX_BYTES) throw wrong(`${path}: a profile has at most ${FILE_MAX_BYTES} bytes`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`${path} is no JSON: ${(error as Error).message}`);
  }
};

const templateProblems = ({ workload }: ClusterProfile): readonly ProfileProblem[] =>
  (workload?.templates ?? []).flatMap(({ definition }, nth) => {
    const parsed = parseApp({ ...definition, id: '/simulated/app', instances: 1 });
    if (E.isRight(parsed)) return [];
    return parsed.left.details.map(({ path, errors }) => ({
      field: `workload.templates[${nth}].definition${path === '/' ? '' : path.replaceAll('/', '.')}`,
      rule: errors.join('; '),
    }));
  });
