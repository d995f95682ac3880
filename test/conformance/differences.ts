/** Where this engine answers otherwise than Marathon on purpose, in the words of the README; a test looks them up there. */
export const DIFFERENCES = {
  inPlace: 'A change that running instances can take up replaces none of them',
  restartRule: '`?restart=marathon` on a write, `wharf app deploy --restart marathon`: every change restarts but of `instances`.',
  nothingNew: 'Writing back what is there already makes no new version and no deployment.',
  warnings: 'are answered with a `Warning: 299 - "…"` header, and so is what the present pool cannot give',
  strict: '`?strict=true` refuses the unknown ones (422, with the one that was probably meant)',
  contradictions: 'Constraints that no node in the world could keep together are refused.',
  scaleOfMany: 'Tasks of several apps that are killed with `scale=true` are taken off by one deployment',
  scaleWhileDeploying: "A scale while a deployment to the same configuration runs is that deployment's new target, not a conflict.",
  podFields: 'Pods have what apps have: `dependencies`, `readinessChecks`',
  podTasks: 'each of their containers is a task in `/v2/tasks`',
  eventIds: 'a client that reconnects with `Last-Event-ID` misses nothing that is recorded',
  sealedEvents: '`api_post_event` shows values of the environment, of docker parameters and registry passwords as `[sealed]`',
  postOfRestart: 'It also comes for a restart and a rollback: each is a new version.',
  abdication: 'It stops in order, starts again from its log with the next term, and what runs goes on.',
  noBackup: '`backup=` and `restore=` are refused',
  metrics: "`GET /metrics` is Marathon's JSON, but Prometheus' text for who takes `text/plain`; `/metrics/prometheus` is always there",
  queueReasons: '`GET /v2/queue` counts nodes that were considered instead of offers; `excluded` and `because` are ours and say more.',
  versionsListed: '`/v2/apps/{id}/versions` lists the newest fifty, as Marathon keeps by default',
  loggers: 'Of loggers there is one, `ROOT`; another name is refused.',
  crossOrigin: 'Pages of other origins may read where `--access-control-allow-origin` lets them, and never write.',
  methods: 'A method that a path does not have is 405 with `Allow`.',
  gzip: 'gzip is for answers of 1 KiB and more.',
  groupPods: "A group's `PUT` takes `pods` too.",
  dryRun: '`dryRun` answers, besides the steps, what would come, change field by field and go.',
  emptyRoot: 'To empty a root that is not empty, or to remove it, needs `force`.',
  groupReadBack: 'unless `apps` and `groups` are there as a GET answers them: then it is read past.',
  firstProbe: 'The first question of a health check comes at a moment of its own within the interval',
  neverOccur:
    '`framework_message_event`, `scheduler_reregistered_event`, `scheduler_disconnected_event`, `subscribe_event` and `unsubscribe_event` never occur',
  operatorCalls: 'Calls of the operator API that change maintenance or drain an agent are 501.',
  notHere:
    'Packages, secrets, logs and metrics of agents, health of components, files of sandboxes, backups and the rest of DC/OS are 404.',
  deploymentsMax: 'Any number of deployments may run at once: a burst of a thousand submissions is answered.',
  arrayDeployments: 'An array `PUT` or `PATCH` of `/v2/apps` names in `deployments` what it really began',
} as const;

/** Differences that take more than a request to show, each with the test that shows it: its file, and how it is called there. */
export const SHOWN_ELSEWHERE: Readonly<Record<string, { readonly file: string; readonly test: string }>> = {
  'An instance that is stopped by a deployment first leaves discovery and stays up for one second': {
    file: 'test/integration/roll.test.ts',
    test: 'two rolls and an instance killed by the API: of all requests to the endpoints that are told, none fails',
  },
  'A host port that an app asks for by number is given to nobody who takes any port': {
    file: 'test/domain/placement/fixedPorts.test.ts',
    test: 'a port that another app names is given to nobody who takes any',
  },
  'Many nodes lost at once (more than a third of the pool, three at least) do not start a stampede of replacements.': {
    file: 'test/actors/stories.test.ts',
    test: 'a rack that is lost at once is not replaced at once',
  },
  'Who does not read is cut off when 16,384 facts wait for him': {
    file: 'test/adapters/http/events.test.ts',
    test: 'cuts off a listener that does not read, and nobody else',
  },
  'A task that is forgotten with its node is no task in any list from then on': {
    file: 'test/adapters/http/stories.test.ts',
    test: 'an instance that was forgotten with its node is no task any more, and unknown when the node returns and it is stopped',
  },
};

export type Difference = (typeof DIFFERENCES)[keyof typeof DIFFERENCES];
