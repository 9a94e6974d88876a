import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext, Configuration } from '../src/doctor/context.ts';

interface Found extends Pick<Configuration, 'warnings'> {
  readonly file: string;
}

export const configNoEffect = defineCheck<CheckContext, Found>({
  id: 'config.no-effect',
  group: 'config',
  title: 'every setting is known and has an effect',
  why: 'A setting with a wrong letter in its name is passed over, and so are some of stock Nix that tenon does in another way or not at all. Who wrote them should know.',
  severity: 'hint',

  probe: async ({ configuration: { warnings }, layout }) =>
    warnings.length === 0 ? undefined : { warnings, file: layout.nixConfFile },

  explain: ({ warnings, file }) => ({
    summary: 'some settings have no effect',
    evidence: warnings.map(value => ({ source: file, value })),
    cause: 'they are misspelt, or are for stock Nix only',
  }),

  fixes: ({ file }) => [
    {
      id: 'remove-setting',
      class: 'M',
      description: `correct the names in ${file}, or leave the lines: they do no harm`,
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});
