import { defineSandboxCheck } from '../src/doctor/sandbox-check.ts';

export const sandboxChrooted = defineSandboxCheck({
  id: 'sandbox.chrooted',
  title: 'no chroot keeps builds from their namespaces',
  why: 'Linux makes no user namespace for a process whose root directory is not that of its mount namespace, so that nothing can be built in a chroot, such as that of an install medium. Setup works there; builds work after the first boot.',
});
