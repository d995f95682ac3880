/** A group of consumers of one stream, or of `$all`. */
export type GroupName = { readonly stream: string; readonly group: string };

/** What streams begin with that groups keep, as EventStoreDB names them. */
export const SYSTEM_PREFIX = '$persistentsubscription-';

/** The stream of a group's parked messages: links to them. */
export const parkedStreamOf = ({ stream, group }: GroupName): string => `${SYSTEM_PREFIX}${stream}::${group}-parked`;
