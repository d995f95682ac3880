import type { Sealer } from '../../src/domain/kernel/codec.ts';

/** Seals to a text that depends on nothing but its input, so that goldens are stable. Hides nothing. */
export const plainSealer: Sealer = {
  seal: (subject, plain) => ({ $sealed: [...plain].reverse().join(''), key: subject }),
  open: ({ $sealed }) => [...$sealed].reverse().join(''),
};

/** As after the subject's key was destroyed. */
export const shreddedSealer: Sealer = { ...plainSealer, open: () => undefined };
