import { fixFiles } from '../src/config/layout.ts';
import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { CheckContext, Init } from '../src/doctor/context.ts';
import { restartFix } from '../src/doctor/restart-fix.ts';

interface Variable {
  readonly name: string;
  readonly value: string;
}

interface Found {
  readonly service: string;
  readonly init: Init;
  readonly missing: readonly Variable[];
  /** What is told along: for whom no proxy is needed. */
  readonly exceptions: readonly Variable[];
}

const PROXIES = ['http_proxy', 'https_proxy', 'all_proxy', 'ftp_proxy'];
const EXCEPTIONS = ['no_proxy'];
/** What needs no escape in single quotes, neither for a shell nor for systemd.exec(5). */
const PLAIN_VALUE = /^[\w.~:/?#[\]@!$&()*+,;=%-]+$/u;

export const netProxy = defineCheck<CheckContext, Found>({
  id: 'net.proxy',
  group: 'net',
  title: 'the daemon uses the proxy of this session',
  why: "The daemon is a service: the variables of a shell do not reach it. Where the network can only be reached through a proxy, the user's own downloads work and those of builds do not.",
  severity: 'warn',

  async probe({ env, findDaemonProcess, readServiceState, service }) {
    const proxies = readVariables(env, PROXIES);
    if (proxies.length === 0) return undefined;
    const process = await findDaemonProcess();
    if (process === undefined) return { skip: 'the process of the daemon cannot be seen' };
    const { environment } = process;
    if (environment === undefined)
      return {
        skip: 'only root can see the environment of the daemon: sudo -E tenon doctor net.proxy',
      };
    const lacks = ({ name }: Variable) =>
      !environment.has(name) && !environment.has(name.toUpperCase());
    const missing = proxies.filter(lacks);
    if (missing.length === 0) return undefined;
    const exceptions = readVariables(env, EXCEPTIONS).filter(lacks);
    return { service, init: (await readServiceState()).init, missing, exceptions };
  },

  explain: ({ missing }) => ({
    summary: 'the daemon knows nothing of the proxy of this session',
    evidence: missing.flatMap(({ name, value }) => [
      { source: `${name} here`, value: withoutSecret(value) },
      { source: `${name} of the daemon`, value: 'not set' },
    ]),
    cause: 'the proxy is set in start-up files of shells, which services do not read',
  }),

  fixes: found => [fixFor(found)],
});

function readVariables(env: CheckContext['env'], names: readonly string[]): readonly Variable[] {
  return names.flatMap(name => {
    const value = env[name] || env[name.toUpperCase()] || '';
    return value === '' ? [] : [{ name, value }];
  });
}

function fixFor({ service, init, missing, exceptions }: Found): Fix {
  const facts = { id: 'tell-service', commands: [], reversible: true, needsRoot: true } as const;
  const file = fixFiles.serviceEnvironment;
  const variables = [...missing, ...exceptions];
  const restart = restartFix(init, service);
  if (restart.class !== 'A' || !variables.every(({ value }) => PLAIN_VALUE.test(value))) {
    const description = `start the daemon with ${missing.map(({ name }) => name).join(' and ')} set`;
    return { ...facts, class: 'M', description };
  }
  return {
    ...facts,
    class: 'A',
    description: `write it to ${file}, which the service reads and root alone may, then restart the service`,
    async apply(tools) {
      const before = (await tools.host.readText(file)) ?? '';
      const text = withVariables(before, variables);
      const reason = 'the daemon uses the proxy of this host';
      await tools.writeOwn({ file, text, mode: 0o600, reason });
      await restart.apply(tools);
    },
  };
}

/** A file of `name='value'` lines, as a shell and systemd.exec(5) read it. */
function withVariables(text: string, variables: readonly Variable[]): string {
  const names = variables.map(({ name }) => name);
  const others = text
    .split('\n')
    .filter(line => line !== '' && !names.includes(line.split('=')[0] ?? ''));
  const lines = variables.map(({ name, value }) => `${name}='${value}'`);
  return [...others, ...lines, ''].join('\n');
}

/** Proxies are named with user and password at times. */
function withoutSecret(url: string): string {
  return url.replace(/\/\/[^/@]*@/u, '//…@');
}
