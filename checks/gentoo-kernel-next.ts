import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { unlessGentoo } from '../src/doctor/gentoo.ts';
import {
  buildKernel,
  type KernelConfig,
  NEXT_KERNEL,
  readConfig,
} from '../src/doctor/kernel-config.ts';

export const gentooKernelNext = defineCheck<CheckContext, KernelConfig>({
  id: 'gentoo.kernel-next',
  group: 'gentoo',
  title: 'the next kernel is configured for what a sandbox needs',
  why: 'What /usr/src/linux is configured for is what runs after the next build and boot. Better to find now that it makes no sandbox than when builds have stopped.',
  severity: 'warn',

  async probe({ host }) {
    const skip = await unlessGentoo(host);
    if (skip !== undefined) return skip;
    const config = await readConfig(host, NEXT_KERNEL);
    if (config === undefined) return { skip: `there is no ${NEXT_KERNEL}` };
    return config.missing.length === 0 ? undefined : config;
  },

  explain: ({ file, missing }) => ({
    summary: 'the kernel that is built next lacks options',
    evidence: missing.map(name => ({ source: file, value: `CONFIG_${name} is not set` })),
    cause: 'its sources are configured without them',
  }),

  fixes: () => [buildKernel],
});
