import { z } from 'zod';

/** `true` or `false` in any case, as Python's clients write `True`; or named without a value, which means true. */
export const flag = (unset: boolean) =>
  z
    .string()
    .regex(/^(true|false)?$/i, "expected 'true' or 'false'")
    .optional()
    .transform((value) => (value === undefined ? unset : value.toLowerCase() !== 'false'));

/** A parameter that may come more than once. */
export const repeated = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value): readonly string[] => (value === undefined ? [] : typeof value === 'string' ? [value] : value));

export const count = (max: number) => z.coerce.number().int().min(0).max(max);

/** Every read takes it: see `reading.ts`. Declared for the published description only. */
export const minPosition = z.string().optional().describe('Position of the log that the answer must at least show.');
