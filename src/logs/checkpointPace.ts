/** Facts behind the last checkpoint that ask for another one. */
export const CHECKPOINT_FACTS = 100_000;
/** Age of the last checkpoint that asks for another one where there are new facts, minutes. */
export const CHECKPOINT_MINUTES = 10;
