import { posix } from 'node:path';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext, Init } from '../src/doctor/context.ts';

interface Found {
  readonly missing: readonly string[];
  /** Programs that take other arguments than those of that name usually do. */
  readonly limited: readonly { readonly path: string; readonly flavour: string }[];
}

const ACCOUNT_TOOLS = ['groupadd', 'useradd', 'usermod', 'userdel', 'groupdel', 'getent'];
const INIT_TOOLS: Readonly<Record<Init, readonly string[]>> = {
  systemd: ['systemctl'],
  openrc: ['rc-service', 'rc-update'],
  none: [],
};
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const FLAVOURS = ['busybox', 'toybox'];

export const hostTools = defineCheck<CheckContext, Found>({
  id: 'host.tools',
  group: 'host',
  title: 'the programs that setup needs are there',
  why: 'Accounts and services are changed with the tools of the host, so that it stays the owner of its files. Those of busybox have other options and cannot do all that is needed.',
  severity: 'warn',

  async probe({ host }) {
    const names = [...ACCOUNT_TOOLS, ...INIT_TOOLS[await host.findInit()]];
    const tools = await Promise.all(names.map(name => findTool(host, name)));
    const missing = names.filter((_, index) => tools[index] === undefined);
    const limited = tools.flatMap(tool =>
      tool?.flavour === undefined ? [] : [{ path: tool.path, flavour: tool.flavour }],
    );
    return missing.length + limited.length === 0 ? undefined : { missing, limited };
  },

  explain: ({ missing, limited }) => ({
    summary: 'programs that setup and uninstall need are missing',
    evidence: [
      ...missing.map(name => ({ source: name, value: 'in none of the system folders' })),
      ...limited.map(({ path, flavour }) => ({ source: path, value: `is that of ${flavour}` })),
    ],
    cause: 'this is a small host, on which the package that has them is not installed',
  }),

  fixes: () => [
    {
      id: 'install-tools',
      class: 'M',
      description:
        'install shadow (Gentoo: sys-apps/shadow, Debian: passwd, Alpine: shadow), and getent (musl-utils on Alpine)',
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});

async function findTool({ look, readLink }: CheckContext['host'], name: string) {
  const paths = FOLDERS.map(folder => `${folder}/${name}`);
  const looks = await Promise.all(paths.map(look));
  const path = paths.find((_, index) => looks[index] !== undefined);
  if (path === undefined) return undefined;
  const target = posix.basename((await readLink(path)) ?? '');
  return { path, flavour: FLAVOURS.find(flavour => target.startsWith(flavour)) };
}
