/** Why a command makes no sense now. A closed table: the HTTP adapter maps each code to a status, and a test compares both. */
export type RefusalCode =
  | 'already-exists'
  | 'app-locked'
  | 'illegal-in-state'
  | 'invalid'
  | 'not-found'
  | 'quarantined'
  | 'too-many-deployments'
  | 'unavailable'
  | 'version-unknown';

export type Refusal = {
  readonly _tag: 'Refusal';
  readonly code: RefusalCode;
  readonly message: string;
  /** What the answer needs besides the sentence, such as the deployments that hold a lock. */
  readonly details?: Readonly<Record<string, unknown>>;
};

export const refusal = (code: RefusalCode, message: string, details?: Readonly<Record<string, unknown>>): Refusal =>
  details === undefined ? { _tag: 'Refusal', code, message } : { _tag: 'Refusal', code, message, details };

/** Marathon's refusal of a change while deployments hold the lock; clients read its sentence and the ids beside it. */
export const appLocked = (deployments: readonly string[]): Refusal =>
  refusal(
    'app-locked',
    "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
    { deployments: deployments.map((id) => ({ id })) },
  );
