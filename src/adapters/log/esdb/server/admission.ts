import { timingSafeEqual } from 'node:crypto';
import { type Metadata, type ServiceError, status, type UntypedHandleCall } from '@grpc/grpc-js';
import { serviceError } from './faults.ts';
import type { Service } from './rpcs.ts';

type Call = { readonly metadata: Metadata; emit(event: 'error', error: ServiceError): boolean };
type Callback = (error: ServiceError | null) => void;

/** The service for those alone who give the token as their password, under whatever name. */
export const admitting = (token: string, service: Service): Service =>
  service.isOpen === true
    ? service
    : {
        ...service,
        implementation: Object.fromEntries(
          Object.entries(service.implementation).map(([name, handle]) => [name, admittingTo(token, handle)]),
        ),
      };

const admittingTo = (token: string, handle: UntypedHandleCall): UntypedHandleCall => {
  const handled = handle as (call: Call, callback?: Callback) => void;
  const checked = (call: Call, callback?: Callback): void => {
    const given = passwordIn(call.metadata);
    const error = serviceError(status.UNAUTHENTICATED, "the password is the engine's API token, with any user name; this one is not");
    if (given !== undefined && isSame(given, token)) handled(call, callback);
    else if (callback !== undefined) callback(error);
    else call.emit('error', error);
  };
  return checked as unknown as UntypedHandleCall;
};

const passwordIn = (metadata: Metadata): string | undefined => {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=_-]+)$/i.exec(String(metadata.get('authorization')[0] ?? '')) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : text.slice(colon + 1);
};

const isSame = (given: string, token: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
};
