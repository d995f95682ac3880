import { APP, type AppFact } from '../../domain/app/app.facts.ts';
import { DEPLOYMENT, type DeploymentFactOf } from '../../domain/deployment/deployment.facts.ts';
import { graphOf, mermaidOfGraph } from '../../domain/deployment/kit/graph.ts';
import type { AnyStrategy } from '../../domain/deployment/kit/strategy.ts';
import { nameOf, specOf, strategies } from '../../domain/deployment/strategies/index.ts';
import { mermaidOf } from '../../domain/kernel/chart/draw.ts';
import { type StreamName, streamOf } from '../../domain/kernel/ids.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { Receipts } from '../../domain/ports/receipt.ts';
import { STRATEGY, type StrategyFact } from '../../domain/strategy/strategy.facts.ts';
import { canonicalJson } from '../canonicalJson.ts';
import { pastUpTo } from '../upTo.ts';
import { deploymentReceipt } from './deployment.ts';
import { receiptMarkdown } from './markdown.ts';
import { planReceipt } from './plan.ts';

/** One document per deployment, made of facts up to its end. */
export const receiptsOf = (whole: Past, readStrategy?: ReadStrategy): Receipts => ({
  markdown: receiptMarkdown,
  of: (id, upTo) => {
    const past = upTo === undefined ? whole : pastUpTo(whole, upTo);
    const app = appOf(past, id);
    const made = app === undefined ? undefined : deploymentReceipt(past, app, id);
    if (made !== undefined) {
      const mermaid = pictureOf(past, made.receipt.strategy.id, readStrategy);
      return {
        receipt: made.receipt,
        ...(made.receipt.lastPosition !== undefined && { canonical: canonicalJson(made.receipt) }),
        ...(mermaid !== undefined && { mermaid }),
        sealed: made.sealed,
      };
    }
    const plan = planReceipt(past, id);
    if (plan === undefined) return undefined;
    return { receipt: plan, ...(plan.lastPosition !== undefined && { canonical: canonicalJson(plan) }), sealed: [] };
  },
});

/** The stream of the app that a deployment moved: named by its own first fact, else by the app that still holds it. */
const appOf = (past: Past, id: string): StreamName | undefined => {
  const [started] = past.stream(streamOf(DEPLOYMENT, id));
  if (started !== undefined) return streamOf(APP, (started.fact as DeploymentFactOf<'DeploymentStarted'>).app);
  const row = past.views(past.head()).deployments.get(id);
  if (row !== undefined) return streamOf(APP, row.app);
  // Taken over from before it started, and forgotten by the views.
  for (const { id: app } of past.views(past.head()).apps.all()) {
    const stream = streamOf(APP, app);
    if (past.stream(stream).some(({ fact }) => fact.type === 'DeploymentBegan' && (fact as Began).deployment === id)) return stream;
  }
  return undefined;
};
type Began = Extract<AppFact, { type: 'DeploymentBegan' }>;

/** How a recorded text becomes a strategy again. @throws Error where it does not */
export type ReadStrategy = (source: string, id: string) => AnyStrategy;

/** Without the frame that all strategies have; of the charts of before the frame all there is. */
const pictureOf = (past: Past, id: string | undefined, read: ReadStrategy | undefined): string | undefined => {
  if (id === undefined) return undefined;
  const spec = specOf(id) ?? registered(past, id, read);
  const chart = strategies[id];
  return spec !== undefined ? mermaidOfGraph(graphOf(spec)) : chart && mermaidOf(chart);
};

const registered = (past: Past, id: string, read: ReadStrategy | undefined): AnyStrategy | undefined => {
  const facts = past.stream(streamOf(STRATEGY, nameOf(id))).map(({ fact }) => fact as StrategyFact);
  const last = facts.findLast((fact) => fact.id === id);
  try {
    return last === undefined ? undefined : read?.(last.source, id);
  } catch {
    // A text that does not load any more is still named by its hash.
    return undefined;
  }
};
