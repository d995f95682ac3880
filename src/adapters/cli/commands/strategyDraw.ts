import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { type Graph, svgOf } from '../drawing/svg.ts';
import type { Io } from '../io.ts';
import { openSession } from '../session.ts';
import { strategyIn } from '../strategyFile.ts';

type Options = { readonly svg?: string; readonly whole?: boolean };
type Pictures = { readonly graph: Graph; readonly mermaid: string; readonly graphWhole?: Graph; readonly mermaidWhole?: string };

/** `wharf strategy draw`: a picture of a strategy in a file, or of one that an engine knows. */
export const addDrawCommand = (strategy: Command, io: Io): void => {
  strategy
    .command('draw <file-or-name>')
    .description('Draw a strategy: Mermaid text, or an SVG picture.')
    .option('--svg <file>', 'write a picture')
    .option('--whole', 'with the frame that every strategy has: pause, hooks, deadlines, the way back')
    .addHelpText('after', '\nExamples:\n  $ wharf strategy draw strategies/web.ts --svg web.svg\n  $ wharf strategy draw canary --whole')
    .action(async (named: string, { svg, whole = false }: Options, command: Command) => {
      const pictures = existsSync(named) ? await ofFile(named) : await ofEngine(named, command, io);
      const text = whole ? (pictures.mermaidWhole ?? pictures.mermaid) : pictures.mermaid;
      if (svg === undefined) {
        io.out(command.optsWithGlobals<{ json?: boolean }>().json === true ? `${JSON.stringify({ mermaid: text })}\n` : text);
        return;
      }
      await writeFile(svg, svgOf(whole ? (pictures.graphWhole ?? pictures.graph) : pictures.graph));
      io.out(`wrote ${svg}\n`);
    });
};

const ofFile = async (file: string): Promise<Pictures> => {
  const { picturesOf } = await import('../../../strategyFiles.ts');
  return picturesOf((await strategyIn(file)).spec);
};

const ofEngine = async (name: string, command: Command, io: Io): Promise<Pictures> => {
  const session = await openSession(command, io);
  return (await session.client.ask('GET', `/v1/strategies/${encodeURIComponent(name)}`)).strategy;
};
