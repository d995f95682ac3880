const FORBIDDEN: readonly (readonly [character: string, words: string])[] = [
  ['\t', 'horizontal tab (\\x09)'],
  ['\n', 'line feed (\\x0a)'],
  ['\v', 'vertical tab (\\x0b)'],
  ['\f', 'form feed (\\x0c)'],
  ['\r', 'carriage return (\\x0d)'],
  [' ', 'space (\\x20)'],
  ['/', 'slash (\\x2f)'],
  ['\x7f', 'backspace (\\x7f)'],
];

/** What is wrong with the name of a role, by Mesos' rules and in Marathon's words. Roles below roles are none that apps can have here. */
export const roleNameProblems = (name: string): readonly string[] => [
  ...['', '.', '..'].filter((each) => name === each).map((each) => `A role name must not be "${each}".`),
  ...(name.startsWith('-') ? ["A role name must not start with a '-'."] : []),
  ...FORBIDDEN.filter(([character]) => name.includes(character)).map(([, words]) => `A role name must not include a ${words} character.`),
];
