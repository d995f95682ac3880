import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from '../support/sources.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

/* What the tutorial tells a reader to type is typed here, and what it shows is what comes. WHARF_NEW_GOLDENS=1 writes the answers anew. */

const PAGE = join(ROOT, 'docs/tutorial.md');
const BLOCK = /^```console\n([\s\S]*?)^```$/gm;

const answerOf = async (command: string, place: string): Promise<string> => {
  const script = `set -eu\nwharf() { '${join(ROOT, 'bin/wharf')}' "$@"; }\n${command}\n`;
  const env = { ...process.env, HOME: place, NO_COLOR: '1', COLUMNS: '', WHARF_URL: '', WHARF_TOKEN: '', WHARF_DATA_DIR: place };
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { cwd: place, env, timeout: 60_000 });
  return stdout + stderr;
};

const commandsIn = (block: string): readonly string[] => [...block.matchAll(/^\$ (.+)$/gm)].map(([, command]) => command ?? '');

/** The whole page with the answers of today. */
const walked = async (text: string): Promise<string> => {
  const place = temporaryFolder();
  symlinkSync(join(ROOT, 'docs'), join(place, 'docs'));
  let [done, from] = ['', 0];
  for (const match of text.matchAll(BLOCK)) {
    done += text.slice(from, match.index);
    const answers: string[] = [];
    for (const command of commandsIn(match[1] ?? '')) answers.push(`$ ${command}\n${await answerOf(command, place)}`);
    done += `\`\`\`console\n${answers.join('')}\`\`\``;
    from = match.index + match[0].length;
  }
  return done + text.slice(from);
};

test('the tutorial’s commands give the answers that it shows', { timeout: 240_000 }, async () => {
  const text = readFileSync(PAGE, 'utf8');
  expect([...text.matchAll(BLOCK)].flatMap(([, block]) => commandsIn(block ?? '')).length).toBeGreaterThan(8);
  const now = await walked(text);
  if (process.env.WHARF_NEW_GOLDENS === '1') writeFileSync(PAGE, now);
  else expect(now).toBe(text);
});
