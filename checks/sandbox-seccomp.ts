import { defineSandboxCheck } from '../src/doctor/sandbox-check.ts';

export const sandboxSeccomp = defineSandboxCheck({
  id: 'sandbox.seccomp',
  title: 'no system call filter keeps builds from their namespaces',
  why: 'Container managers and hardened units filter system calls, among them those that make namespaces, mount, and change the root directory. Nothing inside can lift such a filter.',
});
