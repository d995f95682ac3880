/** Whether a log is named that is at a store, and no file. */
export const isStoreAddress = (text: string): boolean => /^(esdb|kurrentdb)(\+discover)?:\/\//.test(text);
