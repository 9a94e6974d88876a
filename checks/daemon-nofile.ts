import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly pid: number;
  readonly soft: number;
  readonly hard: number;
  readonly service: string;
}

/** Builders inherit the limit, and the link steps of big programs are known to open some thousand files. */
const LEAST = 16_384;

export const daemonNofile = defineCheck<CheckContext, Found>({
  id: 'daemon.nofile',
  group: 'daemon',
  title: 'the daemon may open enough files',
  why: 'Each client, each build and each log takes descriptors, and builds inherit the limit. Service managers start services with 1024 of them, whatever limits.conf says.',
  severity: 'warn',

  async probe({ findDaemonProcess, service }) {
    const process = await findDaemonProcess();
    if (process === undefined) return { skip: 'the process of the daemon cannot be seen' };
    const { pid, maxOpenFiles } = process;
    if (maxOpenFiles === undefined || maxOpenFiles.soft >= LEAST) return undefined;
    return { pid, ...maxOpenFiles, service };
  },

  explain: ({ pid, soft, hard }) => ({
    summary: 'the daemon may open few files only',
    evidence: [{ source: `/proc/${pid}/limits`, value: `open files: ${soft}, at most ${hard}` }],
    cause: 'a drop-in of the service, the settings of OpenRC or the container set the limit',
  }),

  fixes: ({ service }) => [
    {
      id: 'raise-limit',
      class: 'C',
      description: `systemd: LimitNOFILE=1048576 in the unit; OpenRC: rc_ulimit="-n 1048576" in /etc/conf.d/${service}; in a container the limit of the container comes first`,
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});
