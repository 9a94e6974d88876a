import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext, Init } from '../src/doctor/context.ts';
import { restartFix } from '../src/doctor/restart-fix.ts';

interface Found {
  readonly running: string;
  readonly own: string;
  readonly program: string | undefined;
  readonly service: string;
  readonly init: Init;
}

/** The kernel adds it to the name of a program whose file is gone. */
const DELETED = ' (deleted)';

export const daemonVersionSkew = defineCheck<CheckContext, Found>({
  id: 'daemon.version-skew',
  group: 'daemon',
  title: 'the daemon that runs is the one that is installed',
  why: 'After an upgrade the old daemon goes on until another takes over: what was fixed is not fixed yet. "tenon upgrade" has another take over while builds go on.',
  severity: 'warn',

  async probe(context) {
    const greeting = await context.greetDaemon().catch(() => undefined);
    if (greeting === undefined) return { skip: 'no daemon answers, see daemon.alive' };
    const own = await context.readVersion();
    const running = greeting.version ?? 'one that does not tell its version';
    const program = (await context.findDaemonProcess())?.program;
    const isGone = program?.endsWith(DELETED) ?? false;
    if (running === own && !isGone) return undefined;
    const { init } = await context.readServiceState();
    return { running, own, program: isGone ? program : undefined, init, service: context.service };
  },

  explain: ({ running, own, program }) => ({
    summary: 'another daemon runs than the one that is installed',
    evidence: [
      { source: 'the daemon says', value: running },
      { source: 'tenon --version', value: own },
      ...(program === undefined ? [] : [{ source: 'program of the daemon', value: program }]),
    ],
    cause:
      program === undefined
        ? 'it was started before an upgrade, or it is the daemon of another Nix'
        : 'its program was replaced while it ran',
  }),

  fixes: ({ init, service }) => [restartFix(init, service)],
});
