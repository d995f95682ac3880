import { type ServiceError, status } from '@grpc/grpc-js';
import { serviceError, unavailable } from '../faults.ts';
import type { DropReason } from './consumers.ts';
import type { GroupFault } from './groups.ts';
import type { GroupName } from './names.ts';
import { WrongRequest } from './requests.ts';

const trailersOf = (exception: string, { stream, group }: GroupName) => ({ exception, 'stream-name': stream, 'group-name': group });

export const doesNotExist = (name: GroupName): ServiceError =>
  serviceError(
    status.NOT_FOUND,
    `there is no subscription group '${name.group}' on '${name.stream}'`,
    trailersOf('persistent-subscription-does-not-exist', name),
  );

const exists = (name: GroupName): ServiceError =>
  serviceError(
    status.ALREADY_EXISTS,
    `there is a subscription group '${name.group}' on '${name.stream}' already`,
    trailersOf('persistent-subscription-exists', name),
  );

export const tooManyConsumers = (name: GroupName): ServiceError =>
  serviceError(
    status.FAILED_PRECONDITION,
    `the subscription group '${name.group}' on '${name.stream}' has as many consumers as it may have`,
    trailersOf('maximum-subscribers-reached', name),
  );

/** Clients tell it by its trailer; `reason` says the field and the rule. */
export const failed = (name: GroupName, reason: string): ServiceError =>
  serviceError(status.INVALID_ARGUMENT, reason, { ...trailersOf('persistent-subscription-failed', name), reason });

const DROPPED: Readonly<Record<Exclude<DropReason, 'closed'>, string>> = {
  deleted: 'the group was deleted',
  updated: 'the group has new settings: subscribe again',
  restarted: 'persistent subscriptions were started anew: subscribe again',
  asked: 'a consumer asked that its subscription be stopped',
};

export const dropped = (name: GroupName, why: DropReason): ServiceError =>
  why === 'closed'
    ? unavailable('the server closes')
    : serviceError(status.CANCELLED, DROPPED[why], trailersOf('persistent-subscription-dropped', name));

export const groupError = (name: GroupName, fault: GroupFault): ServiceError => {
  switch (fault._tag) {
    case 'DoesNotExist':
      return doesNotExist(name);
    case 'Exists':
      return exists(name);
    case 'Invalid':
      return failed(name, fault.message);
  }
};

/** What a call answers for whatever went wrong in it. */
export const callError = (error: unknown): ServiceError => {
  if (error instanceof WrongRequest) return failed({ stream: '', group: '' }, error.message);
  if (error instanceof Error && 'code' in error && 'metadata' in error) return error as ServiceError;
  return serviceError(status.UNKNOWN, error instanceof Error ? error.message : String(error));
};
