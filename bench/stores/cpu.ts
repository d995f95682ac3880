import { readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second (USER_HZ). */
const MICROS_PER_TICK = 10_000;

/** CPU that a process has used with all its threads, in user and kernel mode, µs. */
export const cpuOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // A name in brackets, which may hold blanks, stands before the rest.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROS_PER_TICK;
};
