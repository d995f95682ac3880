import type { AppDefinition } from '../app/definition/definition.ts';
import { declaredPorts } from '../app/definition/ports.ts';
import { loopbackOf, vipName } from '../network/vipAddress.ts';
import { DEFAULT_CONNECT_MS, DEFAULT_SERVER_MS, type RouteDraft } from './draft.ts';
import type { TrafficSettings } from './settings.ts';

const IP_V4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** `/web:80`, `web:80` or `10.1.2.3:80`, as dcos-net reads it: what is behind the last colon is the port. */
export const vipOf = (value: string): { readonly name: string; readonly port: number } | undefined => {
  const [, name = '', port = ''] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
  return name !== '' && Number(port) >= 1 && Number(port) <= 65_535 ? { name, port: Number(port) } : undefined;
};

/** Virtual addresses by labels of ports, `VIP_0: /web:80`: TCP on an address of the server. */
export const vipRoutes = (definition: AppDefinition, { vipAddress }: TrafficSettings): readonly RouteDraft[] => {
  const labels = (definition.container?.portMappings ?? definition.portDefinitions ?? []).map((port) => port.labels);
  return declaredPorts(definition).flatMap(({ protocol }, index) =>
    protocol === 'udp'
      ? []
      : Object.entries(labels[index] ?? {}).flatMap(([label, value]): readonly RouteDraft[] => {
          const vip = /^vip/i.test(label) ? vipOf(value) : undefined;
          if (vip === undefined) return [];
          return [
            {
              port: index,
              mode: 'tcp',
              hosts: [],
              redirectToHttps: false,
              hsts: false,
              balance: 'roundrobin',
              timeouts: { connectMs: DEFAULT_CONNECT_MS, serverMs: DEFAULT_SERVER_MS },
              at: [
                {
                  address: IP_V4.test(vip.name) ? vip.name : (vipAddress ?? loopbackOf(vipName(vip.name))),
                  port: vip.port,
                  mode: 'tcp',
                  acceptsProxy: false,
                },
              ],
            },
          ];
        }),
  );
};
