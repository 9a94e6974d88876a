import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly service: string;
  readonly missing: readonly { readonly variable: string; readonly value: string }[];
}

const VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'ftp_proxy'];

export const netProxy = defineCheck<CheckContext, Found>({
  id: 'net.proxy',
  group: 'net',
  title: 'the daemon uses the proxy of this session',
  why: "The daemon is a service: the variables of a shell do not reach it. Where the network can only be reached through a proxy, the user's own downloads work and those of builds do not.",
  severity: 'warn',

  async probe({ env, findDaemonProcess, service }) {
    const proxies = VARIABLES.flatMap(variable => {
      const value = env[variable] || env[variable.toUpperCase()];
      return value === undefined || value === '' ? [] : [{ variable, value: withoutSecret(value) }];
    });
    if (proxies.length === 0) return undefined;
    const process = await findDaemonProcess();
    if (process === undefined) return { skip: 'the process of the daemon cannot be seen' };
    const { environment } = process;
    if (environment === undefined)
      return {
        skip: 'only root can see the environment of the daemon: sudo -E tenon doctor net.proxy',
      };
    const missing = proxies.filter(
      ({ variable }) => !environment.has(variable) && !environment.has(variable.toUpperCase()),
    );
    return missing.length === 0 ? undefined : { service, missing };
  },

  explain: ({ missing }) => ({
    summary: 'the daemon knows nothing of the proxy of this session',
    evidence: missing.flatMap(({ variable, value }) => [
      { source: `${variable} here`, value },
      { source: `${variable} of the daemon`, value: 'not set' },
    ]),
    cause: 'the proxy is set in start-up files of shells, which services do not read',
  }),

  fixes: ({ service, missing }) => [
    {
      id: 'tell-service',
      class: 'C',
      description: `tell the service, then restart it; systemd: Environment=${missing[0]?.variable}=… in a drop-in (systemctl edit ${service}), OpenRC: export ${missing[0]?.variable}=… in /etc/conf.d/${service}`,
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});

/** Proxies are named with user and password at times. */
function withoutSecret(url: string): string {
  return url.replace(/\/\/[^/@]*@/u, '//…@');
}
