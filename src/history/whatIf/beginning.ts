import type { Views } from '../../domain/ports/views.ts';

/** What is needed of how it stood when a span began. */
export type Beginning = {
  readonly instances: Pick<Views['instances'], 'all'>;
  readonly nodes: Pick<Views['nodes'], 'all'>;
  readonly apps: Pick<Views['apps'], 'definition'>;
  readonly deployments: Pick<Views['deployments'], 'running'>;
};

/** A copy of it, for the views themselves go on. Definitions never change, and are looked up by version. */
export const beginningOf = ({ instances, nodes, apps, deployments }: Beginning): Beginning => {
  const [rows, pool, running] = [[...instances.all()].map(copied), [...nodes.all()].map(copied), deployments.running().map(copied)];
  const definitions = new Map(rows.map(({ app, version }) => [`${app} ${version}`, apps.definition(app, version)]));
  return {
    instances: { all: () => rows },
    nodes: { all: () => pool },
    apps: { definition: (app, version) => definitions.get(`${app} ${version}`) },
    deployments: { running: () => running },
  };
};

const copied = <R extends object>(row: R): R => ({ ...row });
