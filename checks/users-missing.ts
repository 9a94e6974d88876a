import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { setupFix } from '../src/doctor/setup-fix.ts';

interface Found {
  readonly group: string;
  readonly hasGroup: boolean;
  readonly missing: readonly string[];
}

export const usersMissing = defineCheck<CheckContext, Found>({
  id: 'users.missing',
  group: 'users',
  title: 'the group of build users and its users exist',
  why: 'Each build runs as a user of its own, so that it can neither read nor stop another one. The daemon builds at most as many derivations at once as there are build users.',
  severity: 'error',

  async probe({ readAccounts, own, settings, buildUsers: { group, names } }) {
    if (own !== undefined) return { skip: 'this store is the own one of this user' };
    if (settings.autoAllocateUids)
      return { skip: 'builds need no accounts: auto-allocate-uids is on' };
    const accounts = await readAccounts();
    const hasGroup = accounts.groups.some(({ name }) => name === group);
    const missing = names.filter(name => !accounts.users.some(user => user.name === name));
    return hasGroup && missing.length === 0 ? undefined : { group, hasGroup, missing };
  },

  explain: ({ group, hasGroup, missing }) => ({
    summary: hasGroup ? 'build users are missing' : `there is no group ${group}`,
    evidence: [
      { source: `getent group ${group}`, value: hasGroup ? 'exists' : 'nothing' },
      ...(missing.length === 0 ? [] : [{ source: 'getent passwd', value: without(missing) }]),
    ],
    cause: 'tenon was not set up here, or somebody removed them since',
  }),

  fixes: () => [setupFix],
});

const NAMED_AT_MOST = 4;

function without(names: readonly string[]): string {
  if (names.length <= NAMED_AT_MOST) return `without ${names.join(', ')}`;
  return `without ${names.length} of them, ${names[0]} to ${names.at(-1)}`;
}
