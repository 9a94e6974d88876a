import type { Host } from '../../host/host.ts';
import { defineAction } from '../action.ts';
import { isPackageInstalled } from '../gentoo-facts.ts';

interface Spec {
  readonly atom: string;
}

type Undo = Readonly<Record<string, never>>;

/** A package that Portage installs, with all that it depends on. */
export const gentooPackage = defineAction<Spec, Undo>({
  kind: 'gentoo-package',
  target: ({ atom }) => atom,
  describe: ({ atom }) => `Run: emerge ${atom}`,
  describeUndo: ({ atom }) => `Run: emerge --unmerge ${atom}`,

  inspect: async ({ host }) =>
    (await isPackageInstalled(host))
      ? { state: 'done' }
      : { state: 'todo', change: 'create', undo: {} },

  async apply({ host }, { atom }, signal) {
    await host.run([...emerge(host), '--noreplace', atom], { signal, ...environment(host) });
  },

  async revert({ host }, { atom }) {
    if (!(await isPackageInstalled(host))) return undefined;
    await host.run([...emerge(host), '--unmerge', atom], environment(host));
    return {
      what: `what Portage installed with ${atom}`,
      reason: 'others may need it, "emerge --depclean" knows',
    };
  },
});

function emerge({ root }: Host): readonly string[] {
  const quiet = ['emerge', '--quiet', '--quiet-build=y', '--color=n'];
  return root === '/' ? quiet : [...quiet, `--root=${root}`, `--config-root=${root}`];
}

/** Nobody is there to see a countdown, and Portage wants a home. */
function environment({ root }: Host) {
  return { env: { CLEAN_DELAY: '0', HOME: '/root', ...(root === '/' ? {} : { ROOT: root }) } };
}
