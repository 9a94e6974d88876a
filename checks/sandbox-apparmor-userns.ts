import { defineSandboxCheck } from '../src/doctor/sandbox-check.ts';

export const sandboxApparmorUserns = defineSandboxCheck({
  id: 'sandbox.apparmor-userns',
  title: 'AppArmor lets builds have user namespaces',
  why: 'Ubuntu 23.10 and later give an unprivileged program without a profile of its own user namespaces in which it may do nothing, and a profile without "userns" forbids them at all. A daemon that runs as root is not concerned, a private store of a user is.',
});
