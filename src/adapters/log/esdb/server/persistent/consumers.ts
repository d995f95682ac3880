import type { Uuid } from '../../../../../domain/kernel/ids.ts';
import type { Delivery, GroupCounts, NackAction } from './group.ts';
import type { GroupRecord } from './records.ts';
import type { Measured } from './statistics.ts';

/** Why a consumer's subscription ends from this side. */
export type DropReason = 'deleted' | 'updated' | 'restarted' | 'asked' | 'closed';

/** Somebody who subscribed. */
export type Consumer = {
  /** Address of the other end. */
  readonly from: string;
  readonly username: string;
  readonly connectionName: string;
  /** Messages that it may hold unanswered. */
  readonly slots: number;
  /** @returns whether it takes more at once; if not, `ready` tells when */
  send(delivery: Delivery): boolean;
  drop(why: DropReason): void;
};

export type Connection = {
  acknowledge(ids: readonly Uuid[]): void;
  refuse(ids: readonly Uuid[], action: NackAction, reason: string): void;
  /** The consumer wants no more: its subscription ends, what it holds goes to others. */
  stop(): void;
  ready(): void;
  leave(): void;
};

export type ConnectionInfo = Pick<Consumer, 'from' | 'username' | 'connectionName'> & {
  readonly measured: Measured;
  readonly spread: ReadonlyMap<string, number> | undefined;
  readonly freeSlots: number;
  readonly flying: number;
};

export type GroupInfo = {
  readonly record: GroupRecord;
  readonly isLive: boolean;
  readonly isReplaying: boolean;
  readonly counts: GroupCounts;
  readonly parked: number;
  readonly measured: Measured;
  readonly lastKnown: bigint | undefined;
  readonly connections: readonly ConnectionInfo[];
};
