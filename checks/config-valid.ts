import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext, Configuration } from '../src/doctor/context.ts';

type Found = Pick<Configuration, 'problems'>;

export const configValid = defineCheck<CheckContext, Found>({
  id: 'config.valid',
  group: 'config',
  title: 'the configuration can be read',
  why: 'With a line that makes no sense in nix.conf the daemon does not start and clients end at once. With one in tenon.conf setup does not begin. All other checks assume the defaults then.',
  severity: 'error',

  probe: async ({ configuration: { problems } }) =>
    problems.length === 0 ? undefined : { problems },

  explain: ({ problems }) => ({
    summary: 'a configuration file cannot be read',
    evidence: problems.map(({ file, message }) => ({ source: file, value: message })),
    cause: 'somebody made a mistake in it, or it may not be read by this user',
  }),

  fixes: ({ problems }) =>
    problems.map(({ file, hint }) => ({
      id: 'correct',
      class: 'M',
      description: hint ?? `correct ${file}`,
      commands: [],
      reversible: true,
      needsRoot: true,
    })),
});
