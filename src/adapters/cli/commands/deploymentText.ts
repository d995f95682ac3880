import type { Json } from '../client.ts';
import { printable } from '../render.ts';
import type { Session } from '../session.ts';

type Tally = { readonly live: number; readonly ready: number; readonly leaving: number; readonly failed: number };

/** A deployment for people: what it does now, and a row for each version. */
export const deploymentText = (document: Json, table: Session['table']): string => {
  const { id, app, strategy, state, to, tallies, weights = {}, paused, waitsFor, reason, outcome } = document;
  const lines = [
    `deployment  ${id}`,
    `app         ${printable(app)}`,
    `strategy    ${strategy}, ${outcome === undefined ? `in '${state}'` : outcome}`,
    ...(paused === undefined ? [] : [`paused      since ${paused.since}: ${printable(paused.reason)}`]),
    ...(waitsFor === undefined ? [] : [`waits for   ${printable(waitsFor)} (wharf deployment approve ${id})`]),
    ...(reason === undefined ? [] : [`because     ${printable(reason)}`]),
  ];
  const rows = Object.entries(tallies as Readonly<Record<string, Tally>>).map(([version, { live, ready, leaving, failed }]) => [
    version === to?.configVersion ? `${version} (new)` : version,
    String(ready),
    String(live),
    String(leaving),
    String(failed),
    weights[version] === undefined ? '' : String(Math.round(weights[version] * 100) / 100),
  ]);
  return `${lines.join('\n')}\n\n${table(['VERSION', 'READY', 'LIVE', 'LEAVING', 'FAILED', 'WEIGHT'], rows)}`;
};
