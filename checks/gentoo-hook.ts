import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { unlessGentoo } from '../src/doctor/gentoo.ts';
import { BASHRC, readHook, uninstallHook } from '../src/env/apply-hook.ts';

export const gentooHook = defineCheck<CheckContext, { why: string }>({
  id: 'gentoo.hook',
  group: 'gentoo',
  title: 'where Portage has the environment hook, it works',
  why: 'The hook cleans the environment before each package. Portage passes over one that is gone or was changed, without a word, and builds are as exposed as before.',
  severity: 'warn',

  async probe({ host }) {
    const skip = await unlessGentoo(host);
    if (skip !== undefined) return skip;
    const hook = await readHook(host);
    return hook.state === 'broken' ? { why: hook.why } : undefined;
  },

  explain: ({ why }) => ({
    summary: 'the environment hook of Portage does nothing',
    evidence: [{ source: BASHRC, value: why }],
    cause: 'tenon was moved or removed, or somebody edited the lines',
  }),

  fixes: () => [
    {
      id: 'remove-hook',
      class: 'A',
      description: 'take the lines out; "tenon env hook install" puts them there again',
      commands: [['tenon', 'env', 'hook', 'remove']],
      reversible: true,
      needsRoot: true,
      apply: async ({ host }) => void (await uninstallHook(host)),
    },
  ],
});
