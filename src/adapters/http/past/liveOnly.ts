/** Fields that no fact holds: as of a moment they are absent, and the answer's header names them. */
export const LIVE_ONLY_FIELDS = [
  'checkResult',
  'lastUnusedOffers',
  'processedOffersSummary',
  'readings',
  'readinessCheckResults',
  'stats',
] as const;

/** Reads that can be asked as of a moment, by their routes; all others tell of the present alone. */
const AS_OF = [
  /^\/v2\/(apps|groups|pods|tasks|deployments|queue)(\/|$)/,
  /^\/v1\/(nodes|deployments|instances|strategies|events|history|endpoints|gates)(\/(?!:id\/(exec|logs|stats)).*)?$/,
  /^\/mesos\/(state|state-summary|roles|frameworks|slaves|tasks|metrics\/snapshot)$/,
  /^\/mesos_dns\/v1\/(hosts|services|enumerate|axfr)/,
];

export const isAsOfRoute = (url: string): boolean => AS_OF.some((form) => form.test(url));

const FIELDS: ReadonlySet<string> = new Set(LIVE_ONLY_FIELDS);

/** Takes the live-only fields out of an answer, wherever they stand. */
export const withoutLiveOnly = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutLiveOnly);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  const recorded: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) if (!FIELDS.has(name)) recorded[name] = withoutLiveOnly(each);
  return recorded;
};
