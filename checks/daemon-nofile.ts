import { fixFiles } from '../src/config/layout.ts';
import { defineCheck, type Fix } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { restartFix } from '../src/doctor/restart-fix.ts';

interface Found {
  readonly pid: number;
  readonly soft: number;
  readonly hard: number;
  readonly service: string;
  /** Files of administrators that set the limit of the service; empty where something else did. */
  readonly dropIns: readonly string[];
}

/** Builders inherit the limit, and the link steps of big programs are known to open some thousand files. */
const LEAST = 16_384;
/** As in the unit of setup. */
const ENOUGH = 1_048_576;

export const daemonNofile = defineCheck<CheckContext, Found>({
  id: 'daemon.nofile',
  group: 'daemon',
  title: 'the daemon may open enough files',
  why: 'Each client, each build and each log takes descriptors, and builds inherit the limit. Service managers start services with 1024 of them, whatever limits.conf says.',
  severity: 'warn',

  async probe({ findDaemonProcess, readServiceState, service, host }) {
    const process = await findDaemonProcess();
    if (process === undefined) return { skip: 'the process of the daemon cannot be seen' };
    const { pid, maxOpenFiles } = process;
    if (maxOpenFiles === undefined || maxOpenFiles.soft >= LEAST) return undefined;
    const state = await readServiceState();
    const isLimited = state.maxOpenFiles !== undefined && state.maxOpenFiles < LEAST;
    const dropIns = isLimited ? await keepLimits(host, state.dropIns) : [];
    return { pid, ...maxOpenFiles, service, dropIns };
  },

  explain: ({ pid, soft, hard, dropIns }) => ({
    summary: 'the daemon may open few files only',
    evidence: [
      { source: `/proc/${pid}/limits`, value: `open files: ${soft}, at most ${hard}` },
      ...dropIns.map(source => ({ source, value: 'sets LimitNOFILE' })),
    ],
    cause:
      dropIns.length > 0
        ? 'a drop-in takes from the service what its unit gives it'
        : 'the container, or whatever started the daemon, has a low limit itself',
  }),

  fixes: ({ service, dropIns }) => [fixFor(service, dropIns)],
});

async function keepLimits(host: CheckContext['host'], files: readonly string[]) {
  const texts = await Promise.all(files.map(file => host.readText(file)));
  return files.filter((_, index) => /^\s*LimitNOFILE\s*=/mu.test(texts[index] ?? ''));
}

function fixFor(service: string, dropIns: readonly string[]): Fix {
  const facts = { id: 'raise-limit', reversible: true, needsRoot: true } as const;
  const restart = restartFix('systemd', service);
  if (dropIns.length === 0 || restart.class !== 'A')
    return {
      ...facts,
      class: 'M',
      description: `raise the hard limit of what starts the daemon: of the container, or of the session; the service itself asks for ${ENOUGH}`,
      commands: [],
    };
  return {
    ...facts,
    class: 'A',
    description: `overrule it in ${fixFiles.serviceLimits}, then restart the service`,
    commands: [['systemctl', 'edit', service]],
    async apply(tools) {
      await tools.writeOwn({
        file: fixFiles.serviceLimits,
        text: `[Service]\nLimitNOFILE=${ENOUGH}\n`,
        mode: 0o644,
        reason: 'the daemon may open enough files',
        readBy: 'systemd',
      });
      await restart.apply(tools);
    },
  };
}
