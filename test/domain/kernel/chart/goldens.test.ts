import { expect, test } from 'vitest';
import { matrixOf, mermaidOf } from '../../../../src/domain/kernel/chart/draw.ts';
import { everyChart } from '../../../support/walk.ts';

/* Printed from the charts, so that a change of a chart shows as a diff in review. Renew with `npm run charts`. */

test.for(everyChart)('$name: the matrix of what is legal where is as reviewed', async ({ chart }) => {
  await expect(matrixOf(chart)).toMatchFileSnapshot(`../../../goldens/matrices/${chart.id}.txt`);
});

test.for(everyChart)('$name: the diagram is as reviewed', async ({ chart }) => {
  await expect(mermaidOf(chart)).toMatchFileSnapshot(`../../../goldens/charts/${chart.id}.mmd`);
});
