import { describe, expect, test } from '@jest/globals';
import type { KernelFacts } from '../../src/doctor/kernel-facts.ts';
import { findCause } from '../../src/doctor/sandbox-causes.ts';
import { parseMountinfo } from '../../src/host/mounts.ts';

const HEALTHY: KernelFacts = {
  sysctls: {},
  missingNamespaces: [],
  status: {},
  appArmorProfile: undefined,
  isRoot: true,
  isChrooted: false,
  mounts: parseMountinfo(
    '20 1 8:1 / / rw,relatime - ext4 d rw\n30 20 0:5 / /proc rw,relatime - proc proc rw',
  ),
};

function causeOf(attempt: string, facts: Partial<KernelFacts>): string {
  const [step = '', result = ''] = attempt.split(' ');
  return findCause({ step, name: step, result }, { ...HEALTHY, ...facts }).cause;
}

describe('findCause', () => {
  test.each([
    {
      attempt: 'A EINVAL',
      facts: { missingNamespaces: ['user', 'pid'] },
      cause: 'built without user, pid namespaces',
    },
    {
      attempt: 'A ENOSPC',
      facts: { sysctls: { 'user/max_user_namespaces': '0' } },
      cause: 'user.max_user_namespaces is 0',
    },
    {
      attempt: 'G ENOSPC',
      facts: { sysctls: { 'user/max_net_namespaces': '0' } },
      cause: 'max_net',
    },
    { attempt: 'A ENOSPC', facts: {}, cause: 'nested too deep' },
    {
      attempt: 'A EPERM',
      facts: { sysctls: { 'kernel/unprivileged_userns_clone': '0' }, isRoot: false },
      cause: 'lets only root',
    },
    { attempt: 'A EPERM', facts: { isChrooted: true }, cause: 'in a chroot' },
    { attempt: 'A EPERM', facts: { mounts: [] }, cause: 'in a chroot' },
    { attempt: 'A EPERM', facts: { status: { Seccomp: '0' } }, cause: 'in a chroot' },
    { attempt: 'A EPERM', facts: { status: { Seccomp: '2' } }, cause: 'seccomp' },
    { attempt: 'F SIGSYS', facts: { status: { Seccomp: '2' } }, cause: 'seccomp' },
    {
      attempt: 'A EACCES',
      facts: { appArmorProfile: 'tenon (enforce)' },
      cause: 'AppArmor profile',
    },
    {
      attempt: 'B EPERM',
      facts: { sysctls: { 'kernel/apparmor_restrict_unprivileged_userns': '1' } },
      cause: 'AppArmor takes away',
    },
    {
      attempt: 'B EROFS',
      facts: { mounts: parseMountinfo('30 20 0:5 / /proc ro,relatime - proc proc rw') },
      cause: '/proc is read-only',
    },
    { attempt: 'B EPERM', facts: { status: { CapBnd: '000001ff7fffffff' } }, cause: 'CAP_SETFCAP' },
    { attempt: 'D EINVAL', facts: { mounts: [] }, cause: 'not a mount point' },
    {
      attempt: 'F EINVAL',
      facts: { mounts: parseMountinfo('1 1 0:1 / / rw - rootfs rootfs rw') },
      cause: 'initramfs',
    },
    { attempt: 'A EIO', facts: {}, cause: 'not known' },
    { attempt: 'A EPERM', facts: { isChrooted: undefined }, cause: 'not known' },
  ])('explains $attempt by "$cause"', ({ attempt, facts, cause }) => {
    expect(causeOf(attempt, facts)).toContain(cause);
  });
});
