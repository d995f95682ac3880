/** Tells apart what may stand in an answer of the API and what never leaves over Kafka, by the names that Marathon gives it. */
export const withoutSecrets = (value: unknown, name = ''): unknown => {
  if (Array.isArray(value)) return value.map((item) => (name === 'parameters' ? withValueWithheld(item) : withoutSecrets(item)));
  if (typeof value !== 'object' || value === null) return SECRET_NAMES.has(name) ? WITHHELD : value;
  const isSecret = MAPS_OF_SECRETS.has(name);
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, isSecret && each !== null ? WITHHELD : withoutSecrets(each, key)]),
  );
};

/** Whose every value is one: environment of apps and of pods' containers. */
const MAPS_OF_SECRETS: ReadonlySet<string> = new Set(['env', 'environment']);
/** Of a registry's credential. */
const SECRET_NAMES: ReadonlySet<string> = new Set(['secret', 'password', 'token']);
const WITHHELD = { $withheld: 'sensitive' };

/** Docker's parameters may set the environment. */
const withValueWithheld = (item: unknown): unknown =>
  typeof item === 'object' && item !== null && 'value' in item ? { ...item, value: WITHHELD } : withoutSecrets(item);
