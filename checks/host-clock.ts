import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly path: string;
  readonly modifiedMs: number;
  readonly nowMs: number;
}

const DAY_MS = 24 * 3600 * 1000;

/** Needs no network: what was written while the clock was right must not be in the future. */
export const hostClock = defineCheck<CheckContext, Found>({
  id: 'host.clock',
  group: 'host',
  title: 'the clock is not behind',
  why: 'A clock that is days behind makes certificates of binary caches look as if they were not valid yet, and make(1) builds again what is done. After an empty battery it may say 1970.',
  severity: 'warn',

  async probe({ host, layout, nowMs }) {
    for (const path of [layout.dbFile, '/etc/os-release', '/etc/passwd']) {
      const modifiedMs = await host.readModifiedMs(path);
      if (modifiedMs !== undefined && modifiedMs > nowMs + DAY_MS)
        return { path, modifiedMs, nowMs };
    }
    return undefined;
  },

  explain: ({ path, modifiedMs, nowMs }) => ({
    summary: 'the clock is behind',
    evidence: [
      { source: 'date', value: new Date(nowMs).toISOString() },
      { source: path, value: `was changed at ${new Date(modifiedMs).toISOString()}` },
    ],
    cause: 'the battery of the clock is empty, or the host was never told the time',
  }),

  fixes: () => [
    {
      id: 'set-clock',
      class: 'C',
      description: 'set the clock, and let a program such as chrony keep it right',
      commands: [
        ['date', '--set', 'YYYY-MM-DD HH:MM'],
        ['hwclock', '--systohc'],
      ],
      reversible: true,
      needsRoot: true,
    },
  ],
});
