import { type BalancerLabel, unusableBalancerLabels } from '../app/definition/balancerLabels.ts';
import type { AppDefinition } from '../app/definition/definition.ts';
import { declaredPorts } from '../app/definition/ports.ts';
import { DEFAULT_CONNECT_MS, DEFAULT_SERVER_MS, type DraftListener, type RouteDraft, STICKY_COOKIE } from './draft.ts';
import type { TrafficSettings } from './settings.ts';

/*
 * marathon-lb's labels (its Longhelp): an app with HAPROXY_GROUP is routed, each of its ports by HAPROXY_{n}_….
 */

export const labelRoutes = (definition: AppDefinition, settings: TrafficSettings): readonly RouteDraft[] => {
  const unusable = unusableBalancerLabels(definition.labels);
  return declaredPorts(definition).flatMap(({ servicePort, protocol }, index) => {
    const { labels } = definition;
    const label = (name: BalancerLabel): string | undefined => labels[`HAPROXY_${index}_${name}`];
    const is = (name: BalancerLabel): boolean => label(name)?.toLowerCase() === 'true';
    if ((label('GROUP') ?? labels.HAPROXY_GROUP) === undefined || label('ENABLED')?.toLowerCase() === 'false' || protocol === 'udp')
      return [];
    if (unusable.some((name) => name.startsWith(`HAPROXY_${index}_`))) return [];
    const hosts = (label('VHOST') ?? '')
      .split(',')
      .map((host) => host.trim().toLowerCase())
      .filter((host) => host !== '');
    const mode = (label('MODE')?.toLowerCase() ?? (hosts.length > 0 ? 'http' : 'tcp')) === 'http' ? 'http' : 'tcp';
    const base: Omit<RouteDraft, 'at' | 'hosts'> = {
      port: index,
      mode,
      redirectToHttps: false,
      hsts: is('USE_HSTS'),
      balance: balanceOf(label('BALANCE')),
      ...(is('STICKY') && { sticky: mode === 'tcp' ? '' : STICKY_COOKIE }),
      ...authOf(label('AUTH')),
      timeouts: { connectMs: DEFAULT_CONNECT_MS, serverMs: DEFAULT_SERVER_MS },
    };
    const own = Number(label('PORT') ?? servicePort);
    const certificates = certificatesOf(label('SSL_CERT'));
    const address = label('BIND_ADDR') ?? settings.address;
    const listener = (port: number, tls?: readonly string[]): DraftListener => ({
      address,
      port,
      mode,
      acceptsProxy: false,
      ...(tls !== undefined && { tls }),
    });
    const [path, strip] = [label('PATH'), label('HTTP_BACKEND_PROXYPASS_PATH')];
    const shared = { address: settings.address, mode: 'http' as const, acceptsProxy: false };
    const hasTls = certificates !== undefined || settings.certificates.length > 0;
    return [
      // Every service port is listened on, whatever else there is.
      ...(own > 0 ? [{ ...base, hosts: [], at: [listener(own, certificates)] }] : []),
      ...(mode !== 'http' || hosts.length === 0
        ? []
        : [
            {
              ...base,
              hosts,
              redirectToHttps: is('REDIRECT_TO_HTTPS'),
              ...(path?.startsWith('/') && { path }),
              ...(strip?.startsWith('/') && { stripPath: strip }),
              at: [
                { ...shared, port: settings.httpPort },
                ...(hasTls ? [{ ...shared, port: settings.httpsPort, tls: certificates ?? [] }] : []),
              ],
            },
          ]),
    ];
  });
};

const balanceOf = (label: string | undefined): RouteDraft['balance'] =>
  label === 'leastconn' || label === 'source' ? label : 'roundrobin';

/** `realm:user:encrypted`. */
const authOf = (label: string | undefined): Pick<RouteDraft, 'auth'> => {
  const [realm, user, ...rest] = (label ?? '').split(':');
  return realm === undefined || user === undefined || rest.length === 0 ? {} : { auth: { realm, users: { [user]: rest.join(':') } } };
};

/** Paths of files on marathon-lb's machine, with commas between; here names of certificates, without folder and `.pem`. */
const certificatesOf = (label: string | undefined): readonly string[] | undefined =>
  label?.split(',').map((file) =>
    file
      .trim()
      .replace(/^.*\//, '')
      .replace(/\.pem$/, ''),
  );
