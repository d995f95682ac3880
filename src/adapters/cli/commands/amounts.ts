import { usage } from '../failure.ts';

const NAMES = ['cpus', 'mem', 'disk', 'gpus'] as const;
const ALIASES: Readonly<Record<string, (typeof NAMES)[number]>> = { cpu: 'cpus', gpu: 'gpus' };

export type Amounts = Readonly<Partial<Record<(typeof NAMES)[number], number>>>;

/** `cpus=2,mem=1024`: cores, MiB, MiB, devices. @throws CliFailure */
export const amountsIn = (text: string): Amounts =>
  Object.fromEntries(
    text.split(',').map((part) => {
      const [, name = '', amount] = /^([a-z]+)=(\d+(?:\.\d+)?)$/.exec(part.trim()) ?? [];
      const known = NAMES.find((each) => each === name) ?? ALIASES[name];
      if (known === undefined || amount === undefined)
        throw usage(`'${part}' is no amount; it looks like cpus=2 or mem=1024, of ${NAMES.join(', ')}`);
      return [known, Number(amount)];
    }),
  );

/** `2 cpus, 1024 mem` */
export const amountsText = (amounts: Amounts = {}): string => {
  const some = NAMES.flatMap((name) => (amounts[name] === undefined ? [] : [`${Math.round((amounts[name] ?? 0) * 1000) / 1000} ${name}`]));
  return some.length === 0 ? '-' : some.join(', ');
};

/** `dev:cpus=2,mem=1024`. @throws CliFailure */
export const reservationIn = (text: string): readonly [role: string, amounts: Amounts] => {
  const at = text.indexOf(':');
  if (at < 1) throw usage(`'${text}' is no reservation; it looks like dev:cpus=2,mem=1024`);
  return [text.slice(0, at), amountsIn(text.slice(at + 1))];
};
