import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { readSysctl, setSysctl, sysctlEvidence } from '../src/doctor/sysctl.ts';

/** What Linux has at least by itself, on a machine with little memory (fs/notify/inotify). */
const LEAST = [
  { path: 'fs/inotify/max_user_watches', least: 8192 },
  { path: 'fs/inotify/max_user_instances', least: 128 },
] as const;

interface Limit {
  readonly path: string;
  readonly least: number;
  readonly value: number;
}

export const hostInotify = defineCheck<CheckContext, { low: readonly Limit[] }>({
  id: 'host.inotify',
  group: 'host',
  title: 'programs may watch as many files as usual',
  why: 'Development servers, test suites and desktops watch many files. When the limit of a user is reached they fail with "No space left on device" or "Too many open files".',
  severity: 'hint',

  async probe({ host }) {
    const limits = await Promise.all(
      LEAST.map(async limit => ({ ...limit, value: await readSysctl(host, limit.path) })),
    );
    const low = limits.flatMap(({ value, ...limit }) =>
      value !== undefined && value < limit.least ? [{ ...limit, value }] : [],
    );
    return low.length === 0 ? undefined : { low };
  },

  explain: ({ low }) => ({
    summary: 'programs may watch only few files',
    evidence: low.map(({ path, value }) => sysctlEvidence(path, value)),
    cause: 'somebody set the limits below what Linux has by itself',
  }),

  fixes: ({ low }) => low.map(({ path, least }) => setSysctl(path, least)),
});
