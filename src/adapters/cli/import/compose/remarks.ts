/** What becomes of one field: without it nothing can be made, it is not carried, or it is carried in another way. */
export type Remark = { readonly kind: 'refused' | 'left out' | 'note'; readonly path: string; readonly reason: string };

/** Gathers what is to be said about a file, by the paths of its fields. */
export type Remarks = {
  refuse(path: string, reason: string): void;
  leave(path: string, reason: string): void;
  note(path: string, reason: string): void;
  readonly all: readonly Remark[];
};

export const remarks = (): Remarks => {
  const all: Remark[] = [];
  const adding =
    (kind: Remark['kind']) =>
    (path: string, reason: string): void => {
      if (!all.some((each) => each.path === path && each.reason === reason)) all.push({ kind, path, reason });
    };
  return { refuse: adding('refused'), leave: adding('left out'), note: adding('note'), all };
};
