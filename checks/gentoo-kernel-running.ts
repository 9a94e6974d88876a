import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { unlessGentoo } from '../src/doctor/gentoo.ts';
import { buildKernel, type KernelConfig, readRunningConfig } from '../src/doctor/kernel-config.ts';

export const gentooKernelRunning = defineCheck<CheckContext, KernelConfig>({
  id: 'gentoo.kernel-running',
  group: 'gentoo',
  title: 'the running kernel was built with what a sandbox needs',
  why: 'On Gentoo the kernel is what somebody configured. Without namespaces it makes no sandbox, and tenon builds nothing without one.',
  severity: 'warn',

  async probe({ host }) {
    const skip = await unlessGentoo(host);
    if (skip !== undefined) return skip;
    const config = await readRunningConfig(host);
    if (config === undefined) return { skip: 'the running kernel does not say how it was built' };
    return config.missing.length === 0 ? undefined : config;
  },

  explain: ({ file, missing }) => ({
    summary: 'the running kernel lacks options',
    evidence: missing.map(name => ({ source: file, value: `CONFIG_${name} is not set` })),
    cause: 'it was configured without them',
  }),

  fixes: () => [buildKernel],
});
