/** The stream that holds the metadata of a stream. */
export const METADATA_PREFIX = '$$';
export const METADATA_TYPE = '$metadata';
export const TOMBSTONE_TYPE = '$streamDeleted';

export const metadataStreamOf = (stream: string): string => `${METADATA_PREFIX}${stream}`;

/** The stream whose metadata this one holds; undefined for any other. */
export const describedBy = (stream: string): string | undefined =>
  stream.startsWith(METADATA_PREFIX) ? stream.slice(METADATA_PREFIX.length) : undefined;
