import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { unlessGentoo } from '../src/doctor/gentoo.ts';
import { addToMakeConf } from '../src/env/apply-make-conf.ts';
import { unwantedVariables } from '../src/env/variables.ts';

interface Found {
  readonly missing: readonly string[];
}

const NAMED_AT_MOST = 6;

export const gentooEnvUnset = defineCheck<CheckContext, Found>({
  id: 'gentoo.env-unset',
  group: 'gentoo',
  title: 'ENV_UNSET keeps what wrapped programs set from builds',
  why: 'Portage hands most of the caller’s variables to every build, and saves them with each package. ENV_UNSET is what it drops; no build has an honest use for these names.',
  severity: 'hint',

  async probe(context) {
    const skip = await unlessGentoo(context.host);
    if (skip !== undefined) return skip;
    const { portage } = await context.readEnvironment();
    if (portage.unsetOrigin === 'table') return { skip: 'portageq did not say what ENV_UNSET is' };
    const missing = unwantedVariables.filter(name => !portage.unset.has(name));
    return missing.length === 0 ? undefined : { missing };
  },

  explain: ({ missing }) => ({
    summary: `ENV_UNSET does not have ${missing.length} names that lead builds to a store`,
    evidence: [
      {
        source: 'portageq envvar ENV_UNSET',
        value: `without ${missing.slice(0, NAMED_AT_MOST).join(', ')}${missing.length > NAMED_AT_MOST ? ' and others' : ''}`,
      },
    ],
    cause:
      'the Portage profile lists only some of them; the package of tenon adds the rest, and it is not installed',
  }),

  fixes: ({ missing }) => [
    {
      id: 'make-conf',
      class: 'A',
      description: 'add them to ENV_UNSET in make.conf',
      commands: [['tenon', 'env', 'fix', '--make-conf', '--all']],
      reversible: true,
      needsRoot: true,
      apply: async ({ host }) => void (await addToMakeConf(host, missing)),
    },
  ],
});
