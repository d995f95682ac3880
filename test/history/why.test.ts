import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import { addNode } from '../simulation/script.ts';
import { cluster, deploy, ofWeb, ready, viewsOf } from '../support/stories.ts';
import { answersIn, told } from './support.ts';

const web = (more: Readonly<Record<string, unknown>> = {}) => ({ id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 2, ...more });

test('a live instance is where its placement says, and goes back to the request of whoever deployed it', async () => {
  const world = await cluster(3);
  await deploy(world, web());
  await world.pass(5000);
  const [first] = ready(world);
  const { why, past } = answersIn(world);
  const answer = told(why.why(first?.id ?? '', past.head()));
  console.log(JSON.stringify(answer, undefined, 1));
  expect(answer.question).toBe('why is it here');
});
