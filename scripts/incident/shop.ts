/** The shop that the incident happens to. Fractions of a processor are such that two of three hosts carry all of it, and one does not. */

export const IMAGES = ['shop/catalog:1.4', 'shop/cart:3.0', 'shop/checkout:1.0', 'shop/checkout:2.0', 'shop/search:1.1'] as const;

/** A shell that is told to end ends: as the first process of a container it would not by itself. */
const READY = "trap 'exit 0' TERM; echo ok > /www/index.html; httpd -p $PORT0 -h /www";
const serve = `${READY}; sleep 1000000 & wait`;

/** Serves well for a while, then finds that it cannot go on: checks at the start see nothing of it. */
const serveUntilLedgerIsMissed = `${READY}; sleep 40 & wait; echo "ledger: no connection left"; exit 3`;

const app = (id: string, image: (typeof IMAGES)[number], instances: number, cmd: string) => ({
  id,
  cmd,
  cpus: 0.4,
  mem: 32,
  instances,
  container: { type: 'DOCKER', docker: { image } },
  networks: [{ mode: 'host' }],
  portDefinitions: [{ port: 0, name: 'http' }],
  healthChecks: [
    {
      protocol: 'HTTP',
      path: '/',
      portIndex: 0,
      gracePeriodSeconds: 10,
      intervalSeconds: 2,
      timeoutSeconds: 2,
      maxConsecutiveFailures: 3,
    },
  ],
  upgradeStrategy: { minimumHealthCapacity: 0.6, maximumOverCapacity: 0.4 },
  unreachableStrategy: { inactiveAfterSeconds: 20, expungeAfterSeconds: 600 },
  taskKillGracePeriodSeconds: 2,
});

export const SHOP = [
  app('/shop/catalog', 'shop/catalog:1.4', 3, serve),
  app('/shop/cart', 'shop/cart:3.0', 3, serve),
  app('/shop/checkout', 'shop/checkout:1.0', 3, serve),
  app('/shop/search', 'shop/search:1.1', 1, serve),
];

export const CHECKOUT_2 = app('/shop/checkout', 'shop/checkout:2.0', 3, serveUntilLedgerIsMissed);
