import { requestOf } from '../domain/placement/account.ts';
import { CPUS, DISK, GPUS, MEM } from '../domain/placement/amounts.ts';
import type { Ledger } from '../domain/placement/ledger.ts';
import { whyNot } from '../domain/placement/place.ts';
import type { NodeRefusal } from '../domain/ports/engine.ts';
import type { Views } from '../domain/ports/views.ts';

/** The nodes that would not take one more instance of a version now, each with what is left of it and every filter that it fails. */
export const refusalsOf = (views: Views, ledger: Ledger, app: string, version: string): readonly NodeRefusal[] => {
  const definition = views.apps.definition(app, version);
  if (definition === undefined) return [];
  const request = requestOf(definition, version);
  return [...views.nodes.all()].flatMap(({ id }): NodeRefusal[] => {
    const row = ledger.rowOf(id);
    const failed = whyNot(request, ledger, id) ?? [];
    if (row === undefined || failed.length === 0) return [];
    const left = (column: number): number => ledger.free(row, column) / 1000;
    return [{ node: id, free: { cpus: left(CPUS), mem: left(MEM), disk: left(DISK), gpus: left(GPUS) }, failed }];
  });
};
