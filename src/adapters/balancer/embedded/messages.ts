import type { RouteTable } from '../../../domain/traffic/table.ts';

/** What the thread is asked. */
export type Ask =
  | { readonly kind: 'apply'; readonly table: RouteTable }
  | { readonly kind: 'counters' }
  | { readonly kind: 'busyWith'; readonly instance: string }
  | { readonly kind: 'close' };

export type Asked = { readonly id: number; readonly ask: Ask };

export type Answered =
  | { readonly id: number; readonly value: unknown }
  /** Not asked for: what of the table is not so any more, or again. */
  | { readonly warnings: readonly string[] }
  /** `error`: a plain message. */
  | { readonly id: number; readonly error: string };
