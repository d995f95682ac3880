/** What the shell is told: 0 only when what was asked for is so. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, interrupted: 130 } as const;

/** A command that ends without success: one plain sentence, what there is to know besides, and the exit code. */
export class CliFailure extends Error {
  override name = 'CliFailure';
  readonly exitCode: number;
  readonly details: readonly string[];
  constructor(message: string, { exitCode = EXIT.failed, details = [] }: { exitCode?: number; details?: readonly string[] } = {}) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}

export const usage = (message: string): CliFailure => new CliFailure(message, { exitCode: EXIT.usage });
