import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { EventStore } from '../../../../domain/ports/eventStore.ts';

/** One service of the protocol, over a store. */
export type Service = {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** What clients are told that a method can do besides, by its name in lower case. */
  readonly features?: Readonly<Record<string, readonly string[]>>;
  /** Clients ask it before they say who they are. */
  readonly isOpen?: boolean;
};

export type ServiceContext = {
  readonly store: EventStore;
  /** Aborts when the server closes: whoever follows something is told so. */
  readonly closing: AbortSignal;
};

export type ServiceOf = (context: ServiceContext) => Service;
