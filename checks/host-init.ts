import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { findInstalledCommand } from '../src/doctor/installed-command.ts';
import { setupFix } from '../src/doctor/setup-fix.ts';
import { startFix } from '../src/doctor/start-fix.ts';

interface Found {
  readonly pid1: string;
  /** Programs of init systems that do not run. */
  readonly others: readonly string[];
  readonly isInstalled: boolean;
}

const PROGRAMS = ['systemctl', 'rc-service', 'sv', 's6-svscan'];
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];

export const hostInit = defineCheck<CheckContext, Found>({
  id: 'host.init',
  group: 'host',
  title: 'an init system keeps the daemon running',
  why: 'Somebody has to start the daemon at boot and again when it ends. That systemctl or rc-service is installed says nothing: in a container, a chroot or WSL nothing runs that they could talk to.',
  severity: 'warn',

  async probe({ host, greetDaemon }) {
    if ((await host.findInit()) !== 'none') return undefined;
    const isServed = await greetDaemon().then(
      () => true,
      () => false,
    );
    if (isServed) return undefined;
    const pid1 = (await host.readText('/proc/1/comm'))?.trim() ?? 'cannot be seen';
    const others = await Promise.all(PROGRAMS.map(name => findProgram(host, name)));
    const isInstalled = (await findInstalledCommand(host)) !== undefined;
    return { pid1, others: others.filter(path => path !== undefined), isInstalled };
  },

  explain: ({ pid1, others }) => ({
    summary: 'no init system that tenon knows runs this host',
    evidence: [
      { source: '/run/systemd/system', value: 'missing, systemd does not run here' },
      { source: '/run/openrc/softlevel', value: 'missing, OpenRC does not run here' },
      { source: 'process 1', value: pid1 },
      ...others.map(path => ({ source: path, value: 'is installed, which does not matter' })),
    ],
    cause: 'this is a container, a chroot, WSL, or a host with another init system',
  }),

  fixes: ({ isInstalled }) => [isInstalled ? startFix : setupFix],
});

async function findProgram({ look }: CheckContext['host'], name: string) {
  const paths = FOLDERS.map(folder => `${folder}/${name}`);
  const looks = await Promise.all(paths.map(look));
  return paths.find((_, index) => looks[index] !== undefined);
}
