import { noHome } from '../src/config/layout.ts';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

export const sandboxFakeHome = defineCheck<CheckContext, { kind: string }>({
  id: 'sandbox.fake-home',
  group: 'sandbox',
  title: 'builds have no home directory',
  why: `Builders get ${noHome} as their home, which must not exist, so that no build leaves settings for the next one. A build without a sandbox can make it, and then all others find what it left.`,
  severity: 'warn',

  async probe({ host }) {
    const facts = await host.look(noHome);
    return facts === undefined ? undefined : { kind: facts.kind };
  },

  explain: ({ kind }) => ({
    summary: `${noHome} exists`,
    evidence: [{ source: noHome, value: kind }],
    cause: 'a build that ran without a sandbox made it',
  }),

  fixes: () => [
    {
      id: 'remove-home',
      class: 'A',
      description: `delete ${noHome} with all that is in it`,
      commands: [['rm', '-r', noHome]],
      reversible: false,
      needsRoot: true,
      apply: ({ host }) => host.removeTree(noHome),
    },
  ],
});
