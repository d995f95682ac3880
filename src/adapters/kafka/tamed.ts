import { createRequire } from 'node:module';

/** As much of kafkajs' queue of requests as is changed. */
type RequestQueue = {
  readonly pending: readonly unknown[];
  /** ms since 1970; -1 where no broker asked to wait. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
};
type Queues = { readonly prototype: RequestQueue & { scheduleCheckPendingRequests(): void } };

/** The version that was looked at; another one is left as it is. */
const KNOWN = '2.2.4';
/** How soon what waits behind requests under way is looked at again, ms, as kafkajs has it. */
const LOOK_AGAIN_MS = 10;

const load = createRequire(import.meta.url);

/**
 * kafkajs 2.2.4 looks for requests that wait every millisecond, for ever, on each connection, by a timer whose delay is a large negative
 * number: 3 % of a core each, and a TimeoutNegativeWarning on Node 24. Here it looks only while one waits.
 * @returns whether this is the kafkajs that needs it
 */
export const tameKafkajs = (): boolean => {
  const { version } = load('kafkajs/package.json') as { readonly version: string };
  if (version !== KNOWN) return false;
  const { prototype } = load('kafkajs/src/network/requestQueue') as Queues;
  if (typeof prototype.scheduleCheckPendingRequests !== 'function' || typeof prototype.checkPendingRequests !== 'function') return false;
  prototype.scheduleCheckPendingRequests = schedule;
  return true;
};

function schedule(this: RequestQueue): void {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
  const throttledMs = this.throttledUntil - Date.now();
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    throttledMs > 0 ? throttledMs : LOOK_AGAIN_MS,
  );
}
