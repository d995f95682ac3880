/** A field of a view's state: a map, a map of sets, a set, or plain data. */
type Field = readonly ['map' | 'set' | 'plain', unknown] | readonly ['sets', readonly (readonly [unknown, readonly unknown[]])[]];

/** A view's state as text. Its fields may be maps of plain data or of sets, sets, or plain data; all of them keep their order. */
export const textOf = (state: object): string => JSON.stringify(Object.entries(state).map(([name, value]) => [name, fieldOf(value)]));

const fieldOf = (value: unknown): Field => {
  if (value instanceof Set) return ['set', [...value]];
  if (!(value instanceof Map)) return ['plain', value];
  const entries = [...value];
  return entries.some(([, each]) => each instanceof Set) ? ['sets', entries.map(([key, set]) => [key, [...set]])] : ['map', entries];
};

export const stateIn = (text: string): object => {
  const fields = JSON.parse(text) as readonly (readonly [string, Field])[];
  return Object.fromEntries(fields.map(([name, field]) => [name, fieldIn(field)]));
};

const fieldIn = (field: Field): unknown => {
  switch (field[0]) {
    case 'map':
      return new Map(field[1] as readonly (readonly [unknown, unknown])[]);
    case 'sets':
      return new Map(field[1].map(([key, each]) => [key, new Set(each)]));
    case 'set':
      return new Set(field[1] as readonly unknown[]);
    case 'plain':
      return field[1];
  }
};
