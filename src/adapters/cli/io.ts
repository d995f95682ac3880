/** Where a command reads and writes, so that a test is a terminal like any other. */
export type Io = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Asks a person one question and answers the line that is typed; absent where nobody is there to answer. */
  readonly ask?: (question: string) => Promise<string>;
  /** Present when people look at a terminal; its width in columns. */
  readonly terminal?: { readonly columns: number };
  /** Answers for a log file as an engine does for what it remembers: the socket to ask. @throws Error in plain words */
  readonly openLog?: (file: string) => Promise<string>;
  readonly now: () => number;
  /** Aborts at Ctrl-C. */
  readonly interrupted: AbortSignal;
};
