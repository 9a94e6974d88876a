import { defineSandboxCheck } from '../src/doctor/sandbox-check.ts';

export const sandboxUserns = defineSandboxCheck({
  id: 'sandbox.userns',
  title: 'the kernel makes the namespaces of a sandbox',
  why: 'Each build runs in user, mount, pid, network, ipc and uts namespaces of its own. Where the kernel refuses one of them, tenon refuses to build: a build that sees the host may use it.',
});
