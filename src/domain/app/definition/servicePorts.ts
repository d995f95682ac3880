import { either as E } from 'fp-ts';
import { type Refusal, refusal } from '../../kernel/refusal.ts';
import type { AppDefinition } from './definition.ts';
import { declaredPorts } from './ports.ts';

/** Marathon's `--local_port_min` and `--local_port_max`, both inclusive. */
export const SERVICE_PORTS = { from: 10_000, to: 20_000 } as const;
export type PortRange = { readonly from: number; readonly to: number };

export const servicePortsOf = (app: AppDefinition): readonly number[] => declaredPorts(app).map(({ servicePort }) => servicePort);

/**
 * The definition with every service port of 0 replaced: by ports that the previous version had and this one does not name, then by
 * the lowest that nobody uses. Ports that the user chose stay, in or out of the range.
 * @param inUse service ports of all apps, this one's included or not.
 */
export const assignServicePorts = (
  app: AppDefinition,
  previous: AppDefinition | undefined,
  inUse: ReadonlySet<number>,
  range: PortRange = SERVICE_PORTS,
): E.Either<Refusal, AppDefinition> => {
  const wanted = servicePortsOf(app);
  if (!wanted.includes(0)) return E.right(app);
  const own = previous === undefined ? [] : servicePortsOf(previous);
  const kept = own.filter((port) => port >= range.from && port <= range.to && !wanted.includes(port));
  const free = freePorts(kept, new Set([...inUse, ...own, ...wanted]), range);
  const assigned: number[] = [];
  for (const port of wanted) {
    if (port !== 0) assigned.push(port);
    else {
      const next = free.next();
      if (next.done) return E.left(refusal('invalid', `All ports in the range [${range.from}-${range.to}) are already in use`));
      assigned.push(next.value);
    }
  }
  return E.right(withServicePorts(app, assigned));
};

function* freePorts(kept: readonly number[], taken: ReadonlySet<number>, { from, to }: PortRange): Generator<number, undefined> {
  yield* new Set(kept);
  for (let port = from; port <= to; port++) if (!taken.has(port)) yield port;
  return undefined;
}

const withServicePorts = (app: AppDefinition, ports: readonly number[]): AppDefinition => {
  const { container, portDefinitions } = app;
  if (container?.portMappings !== undefined)
    return {
      ...app,
      container: { ...container, portMappings: container.portMappings.map((each, index) => ({ ...each, servicePort: ports[index] ?? 0 })) },
    };
  if (portDefinitions === undefined) return app;
  return { ...app, portDefinitions: portDefinitions.map((each, index) => ({ ...each, port: ports[index] ?? 0 })) };
};
