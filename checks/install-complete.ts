import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext, Loss } from '../src/doctor/context.ts';
import { setupFix } from '../src/doctor/setup-fix.ts';

interface Found {
  readonly losses: readonly Loss[];
}

export const installComplete = defineCheck<CheckContext, Found>({
  id: 'install.complete',
  group: 'install',
  title: 'what setup put in place is still there',
  why: 'A folder of the store, nix.conf or a start-up file that is gone may show only much later: builds run as another user, garbage collection knows no roots, shells find no profile. What you edited yourself does not count.',
  severity: ({ losses }) => (losses.every(({ isOfShells }) => isOfShells) ? 'warn' : 'error'),
  needsRoot: true,

  async probe({ readSetupState }) {
    const setup = await readSetupState();
    if (setup.state === 'none') return { skip: 'no journal says what is installed' };
    if (setup.state !== 'done') return { skip: 'setup has not ended, see install.journal' };
    return setup.losses.length === 0 ? undefined : { losses: setup.losses };
  },

  explain: ({ losses }) => ({
    summary: 'parts of what setup put in place are gone',
    evidence: outermost(losses).map(({ path, flaw }) => ({ source: path, value: flaw })),
    cause: 'somebody removed or changed them since',
  }),

  fixes: () => [setupFix],
});

/** Without what is in a folder that is named itself. */
function outermost(losses: readonly Loss[]): readonly Loss[] {
  return losses.filter(({ path }) => !losses.some(other => path.startsWith(`${other.path}/`)));
}
