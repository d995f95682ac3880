/** Columns of the amounts that a node has, in thousandths. */
export const CPUS = 0;
export const MEM = 1;
export const DISK = 2;
export const GPUS = 3;
export const AMOUNTS = 4;
