/** Marathon's pod (`Pod` of its REST API 1.11), parsed and defaulted: containers that are placed, started and ended together. */
export type PodDefinition = {
  readonly containers: readonly PodContainer[];
};

export type PodContainer = {
  readonly name: string;
};
