import { CPUS, DISK, GPUS, MEM } from './amounts.ts';
import { type Amount, bySize, type Change } from './change.ts';
import { brokenConstraints, type FilterName, type RejectReason } from './filters.ts';
import type { Ledger } from './ledger.ts';
import { fieldOf, type Reservation } from './node.ts';
import { whyNot } from './place.ts';
import { apartFrom, isBeside, standing } from './policies/relations.ts';
import { type Need, needOf, type PlacementRequest } from './request.ts';
import { tryOut } from './tryOut.ts';

/** A filter that a node fails, and what would mend it: each of the changes alone is enough for it, the smallest first; none where nothing is. */
export type Remedy = {
  readonly filter: FilterName;
  /** Marathon's word. */
  readonly reason: RejectReason;
  readonly because: string;
  readonly changes: readonly Change[];
};

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
  const remedies = (whyNot(request, ledger, node) ?? []).flatMap(({ filter, because, reason }): readonly Remedy[] => {
    if (filter === 'constraint')
      return brokenConstraints(ledger, row, need).map((nth) => ({
        filter,
        reason,
        because: constraintText(need, nth, because),
        changes: constraintChanges(need, nth, ledger, row),
      }));
    return [{ filter, reason, because, changes: changesOf(filter, need, ledger, row, isCordoned, held).toSorted(bySize) }];
  });
  return remedies.map((remedy) => ({
    ...remedy,
    changes: remedy.changes.filter((change) => helps(change, remedy, request, ledger, node)),
  }));
};

/** Tried out: nothing is said to help that does not. */
const helps = (change: Change, { filter, because }: Remedy, request: PlacementRequest, ledger: Ledger, node: string): boolean => {
  const failed = (tryOut([change], request, ledger, node) ?? []).find((each) => each.filter === filter);
  // Of several constraints that a node breaks, each is a reason of its own.
  return failed === undefined || (filter === 'constraint' && !failed.because.split('; ').includes(because));
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
      return node.roles.map((role) => ({ kind: 'accept-role', filter, role, text: `have the role ${role} and accept its resources` }));
    case 'affinity': {
      const apps = need.affinity
        .filter((related) => !isBeside(ledger, related, need, ledger.valueOf(row, related.field)))
        .map(({ app }) => app);
      return [{ kind: 'drop-relations', filter, of: 'affinity', apps, text: `no longer ask to be beside ${apps.join(' and ')}` }];
    }
    case 'anti-affinity':
      return apartChanges(need, ledger, row, held);
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

/** Own rules can be dropped; those of others cannot, but the others can go. */
const apartChanges = (need: Need, ledger: Ledger, row: number, held: readonly Reservation[]): readonly Change[] => {
  const filter = 'anti-affinity';
  const inTheWay = apartFrom(ledger, need).filter((related) => standing(ledger, related, need, ledger.valueOf(row, related.field)) > 0);
  const own = inTheWay.filter((related) => need.antiAffinity.includes(related)).map(({ app }) => app);
  const stop = held.filter(({ app, cohort = app }) =>
    inTheWay.some(({ means, own: of }) => (of === 'alone' ? cohort === need.cohort : means(app))),
  );
  const names = stop.map(({ instance, app }) => `${instance} of ${app}`).join(', ');
  return [
    ...(stop.length > 0
      ? [{ kind: 'stop', filter, stop: stop.map(({ instance }) => instance), ports: [], text: `stop ${names}` } as const]
      : []),
    ...(own.length > 0
      ? [
          {
            kind: 'drop-relations',
            filter,
            of: 'antiAffinity',
            apps: own,
            text: `no longer ask to be apart from ${own.join(' and ')}`,
          } as const,
        ]
      : []),
  ];
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
  // One that is wanted twice can be given once.
  const taken = fixedPorts.filter((port, nth) => !book.isFree(port) || fixedPorts.indexOf(port) < nth);
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
    return [...(isOffered && holders.length > 0 ? [stop] : []), anyPort(taken)];
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

const anyPort = (ports: readonly number[]): Change => ({
  kind: 'any-port',
  filter: 'ports',
  ports,
  text: `ask for any port instead of ${ports.join(', ')}`,
});
