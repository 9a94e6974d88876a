import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { readSysctl, sysctlEvidence } from '../src/doctor/sysctl.ts';

const SETTING = 'kernel/random/entropy_avail';
/** Once its generator is ready the kernel says 256, or more before Linux 5.18. */
const READY_BITS = 64;

export const hostEntropy = defineCheck<CheckContext, { bits: number }>({
  id: 'host.entropy',
  group: 'host',
  title: 'the kernel has random numbers to give',
  why: 'Until its generator is ready, every program that asks the kernel for random numbers waits, the daemon and builds included. Virtual machines without a virtio-rng may take minutes after the start.',
  severity: 'warn',

  async probe({ host }) {
    const bits = await readSysctl(host, SETTING);
    return bits === undefined || bits >= READY_BITS ? undefined : { bits };
  },

  explain: ({ bits }) => ({
    summary: 'programs wait for random numbers',
    evidence: [sysctlEvidence(SETTING, bits)],
    cause: 'the machine has just started, and has no source of randomness of its own',
  }),

  fixes: () => [
    {
      id: 'randomness',
      class: 'C',
      description:
        'give the virtual machine a virtio-rng device, or run a daemon that collects randomness',
      commands: [['modprobe', 'virtio-rng']],
      reversible: true,
      needsRoot: true,
    },
  ],
});
