import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { readSysctl, setSysctl, sysctlEvidence } from '../src/doctor/sysctl.ts';

const SETTING = 'vm/max_map_count';
/** What Linux has by itself (include/linux/mm.h). */
const DEFAULT = 65_530;

export const hostMapCount = defineCheck<CheckContext, { value: number }>({
  id: 'host.map-count',
  group: 'host',
  title: 'programs may have as many mappings as usual',
  why: 'Linkers, databases and language runtimes map very many files and pieces of memory. A lower limit than that of Linux itself makes big builds fail with "Cannot allocate memory" while there is plenty.',
  severity: 'hint',

  async probe({ host }) {
    const value = await readSysctl(host, SETTING);
    return value === undefined || value >= DEFAULT ? undefined : { value };
  },

  explain: ({ value }) => ({
    summary: 'programs may have only few mappings of memory',
    evidence: [sysctlEvidence(SETTING, value)],
    cause: `somebody set it below ${DEFAULT}, which Linux has by itself`,
  }),

  fixes: () => [setSysctl(SETTING, DEFAULT)],
});
