import type { Certificate } from './table.ts';

/** What the server says about traffic, for all apps. */
export type TrafficSettings = {
  /** Where routes of HTTP are listened for that name no port. */
  readonly httpPort: number;
  readonly httpsPort: number;
  /** '*' for all addresses. */
  readonly address: string;
  /** Where all named virtual addresses are listened for; where absent, each name at a loopback address of its own. */
  readonly vipAddress?: string;
  /** Ports that are the server's own. */
  readonly reserved: readonly number[];
  readonly certificates: readonly (Certificate & { readonly name: string })[];
};

export const DEFAULT_SETTINGS: TrafficSettings = {
  httpPort: 9080,
  httpsPort: 9443,
  address: '*',
  reserved: [],
  certificates: [],
};
