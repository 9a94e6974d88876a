import { stripVTControlCharacters } from 'node:util';
import type { Host } from '../../host/host.ts';
import { defineAction } from '../action.ts';
import { emergeFailed } from '../errors.ts';
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
    const argv = [...emerge(host), '--quiet-fail=y', '--noreplace', atom];
    const accept = [0, FAILED];
    const outcome = await host.run(argv, { signal, accept, ...environment(host) });
    if (outcome.status === FAILED)
      throw emergeFailed(atom, findReason(outcome.stdout + outcome.stderr));
  },

  async revert({ host }, { atom }) {
    if (await isPackageInstalled(host))
      await host.run([...emerge(host), '--unmerge', atom], environment(host));
    // What it depends on is installed first.
    else if ((await host.list(GROUPS)).length === 0) return undefined;
    return {
      what: `what Portage installed with ${atom}`,
      reason: 'others may need it, "emerge --depclean" knows',
    };
  },
});

const FAILED = 1;
const GROUPS = '/var/db/pkg/acct-group';

const MOST_LINES = 12;

/** What emerge says of its failure: from the error of a phase on, else its last words. */
function findReason(output: string): string {
  const lines = stripVTControlCharacters(output)
    .split('\n')
    .map(line => line.trimEnd())
    .filter(line => !/^(?: \*)?$/u.test(line));
  const error = lines.findLastIndex(line => /^ \* ERROR: /u.test(line));
  const log = lines.findLast(line => line.includes('build log is located at'));
  if (error === -1) return lines.slice(-MOST_LINES).join('\n');
  return [...lines.slice(error, error + 2), ...(log === undefined ? [] : [log])].join('\n');
}

function emerge({ root }: Host): readonly string[] {
  const quiet = ['emerge', '--quiet', '--quiet-build=y', '--color=n'];
  return root === '/' ? quiet : [...quiet, `--root=${root}`, `--config-root=${root}`];
}

/** Nobody is there to see a countdown, and Portage wants a home. */
function environment({ root }: Host) {
  return { env: { CLEAN_DELAY: '0', HOME: '/root', ...(root === '/' ? {} : { ROOT: root }) } };
}
