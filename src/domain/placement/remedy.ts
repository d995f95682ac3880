import { type Amount, bySize, type Change } from './change.ts';
import { brokenConstraints, type FilterName } from './filters.ts';
import { CPUS, DISK, GPUS, type Ledger, MEM } from './ledger.ts';
import { fieldOf, type Reservation } from './node.ts';
import { whyNot } from './place.ts';
import { type Need, needOf, type PlacementRequest } from './request.ts';

/** What a filter that a node fails would need: each of these alone is enough for that filter, the smallest first; none where nothing is. */
export type Remedy = { readonly filter: FilterName; readonly because: string; readonly changes: readonly Change[] };

const COLUMNS: Readonly<Record<Amount, number>> = { cpus: CPUS, mem: MEM, disk: DISK, gpus: GPUS };

/** @param isCordoned whether a node that takes nothing new does answer; @returns undefined for an unknown node, none for one that would do */
export const remediesOf = (
  request: PlacementRequest,
  ledger: Ledger,
  node: string,
  isCordoned: boolean,
  held: readonly Reservation[] = ledger.heldOn(node),
): readonly Remedy[] | undefined => {
  const row = ledger.rowOf(node);
  if (row === undefined) return undefined;
  const need = needOf(request);
  return (whyNot(request, ledger, node) ?? []).flatMap(({ filter, because }): readonly Remedy[] => {
    if (filter === 'constraint')
      return brokenConstraints(ledger, row, need).map((nth) => ({
        filter,
        because: constraintText(need, nth, because),
        changes: constraintChanges(need, nth, ledger, row),
      }));
    return [{ filter, because, changes: changesOf(filter, need, ledger, row, isCordoned, held).toSorted(bySize) }];
  });
};

const constraintText = ({ constraints }: Need, nth: number, because: string): string => {
  const { text = '' } = constraints[nth] ?? {};
  return because.split('; ').find((part) => part.startsWith(`${text}:`)) ?? because;
};

const changesOf = (
  filter: FilterName,
  need: Need,
  ledger: Ledger,
  row: number,
  isCordoned: boolean,
  held: readonly Reservation[],
): readonly Change[] => {
  const node = ledger.at(row);
  switch (filter) {
    case 'maintenance':
      return isCordoned
        ? [{ kind: 'uncordon', filter, text: `uncordon ${node.id}` }]
        : [{ kind: 'return', filter, text: `bring ${node.id} back: it does not answer` }];
    case 'role':
      return node.roles.map((role) => ({ kind: 'accept-role', filter, role, text: `accept resources of role ${role}` }));
    case 'cpus':
    case 'mem':
    case 'disk':
    case 'gpus':
      return amountChanges(filter, need, ledger, row, held);
    case 'ports':
      return portChanges(need, ledger, row, held);
    default:
      return [];
  }
};

const amountChanges = (what: Amount, need: Need, ledger: Ledger, row: number, held: readonly Reservation[]): readonly Change[] => {
  const left = ledger.free(row, COLUMNS[what]) / 1000;
  const wanted = need[what] / 1000;
  const node = ledger.at(row);
  const stop = enough(held, (each) => each[what], wanted - left);
  const names = stop?.map(({ instance, app }) => `${instance} of ${app}`).join(', ');
  return [
    ...(left > 0
      ? [{ kind: 'lower', filter: what, what, from: wanted, to: left, text: `ask for ${left} ${what} instead of ${wanted}` } as const]
      : []),
    ...(wanted <= node.capacity[what] && stop !== undefined
      ? [
          {
            kind: 'free',
            filter: what,
            what,
            from: left,
            to: wanted,
            stop: stop.map(({ instance }) => instance),
            text: `free ${what} on ${node.id} from ${left} to ${wanted}, as by stopping ${names}`,
          } as const,
        ]
      : []),
  ];
};

/** The fewest that hold enough together: of single ones the smallest that does, else the largest first. */
const enough = (held: readonly Reservation[], of: (each: Reservation) => number, missing: number): readonly Reservation[] | undefined => {
  const bySizeUp = held.filter((each) => of(each) > 0).toSorted((a, b) => of(a) - of(b));
  const one = bySizeUp.find((each) => covers(of(each), missing));
  if (one !== undefined) return [one];
  const taken: Reservation[] = [];
  let sum = 0;
  for (const each of bySizeUp.toReversed()) {
    taken.push(each);
    sum += of(each);
    if (covers(sum, missing)) return taken;
  }
  return undefined;
};

/** Amounts are compared as the account holds them: in whole thousandths. */
const covers = (sum: number, missing: number): boolean => Math.round(sum * 1000) >= Math.round(missing * 1000);

const constraintChanges = (need: Need, nth: number, ledger: Ledger, row: number): readonly Change[] => {
  const constraint = need.request.constraints[nth] ?? ['', ''];
  const [field, operator] = constraint;
  const value = fieldOf(ledger.at(row), field);
  const here = value === undefined ? 0 : (ledger.cohort(need.cohort).values(field).get(value) ?? 0);
  const text = constraint.join(' ');
  const drop: Change = { kind: 'drop-constraint', filter: 'constraint', constraint, text: `drop the constraint ${text}` };
  if (operator !== 'MAX_PER' || value === undefined) return [drop];
  return [{ kind: 'raise-max-per', filter: 'constraint', constraint, to: here + 1, text: `raise ${text} to ${here + 1}` }, drop];
};

const portChanges = ({ fixedPorts, anyPorts }: Need, ledger: Ledger, row: number, held: readonly Reservation[]): readonly Change[] => {
  const book = ledger.ports(row);
  const taken = fixedPorts.filter((port) => !book.isFree(port));
  const holders = held.filter(({ ports }) => ports.some((port) => taken.includes(port)));
  const isOffered = taken.every((port) => book.offers(port));
  if (taken.length > 0) {
    const names = holders.map(
      ({ instance, app, ports }) => `${ports.filter((port) => taken.includes(port)).join(', ')} by ${instance} of ${app}`,
    );
    const stop: Change = {
      kind: 'stop',
      filter: 'ports',
      stop: holders.map(({ instance }) => instance),
      ports: taken,
      text: `free the ports that are held: ${names.join('; ')}`,
    };
    const any = taken.length === 1 ? [anyPort(taken[0] ?? 0)] : [];
    return [...(isOffered && holders.length > 0 ? [stop] : []), ...any];
  }
  const missing = fixedPorts.length + anyPorts - book.free;
  const stop = enough(held, ({ ports }) => ports.length, missing);
  if (stop === undefined) return [];
  const names = stop.map(({ instance, app }) => `${instance} of ${app}`).join(', ');
  const ports = stop.flatMap((each) => each.ports);
  return [
    {
      kind: 'stop',
      filter: 'ports',
      stop: stop.map(({ instance }) => instance),
      ports,
      text: `free ${missing} ports, as by stopping ${names}`,
    },
  ];
};

const anyPort = (port: number): Change => ({ kind: 'any-port', filter: 'ports', port, text: `ask for any port instead of ${port}` });
