import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly file: string;
  readonly written: string;
  readonly supported: number;
}

export const storeSchema = defineCheck<CheckContext, Found>({
  id: 'store.schema',
  group: 'store',
  title: 'this program can read the database of the store',
  why: 'The layout of the database has a number, and each program moves it forward at most. A program that is older than the database must not touch it.',
  severity: 'error',

  async probe({ host, layout: { schemaFile }, schemaVersion }) {
    const written = (await host.readText(schemaFile))?.trim();
    if (written === undefined || written === '') return { skip: 'there is no store yet' };
    if (written === `${schemaVersion}`) return undefined;
    return { file: schemaFile, written, supported: schemaVersion };
  },

  explain: ({ file, written, supported }) => ({
    summary: `the database has another layout than this program knows`,
    evidence: [
      { source: file, value: written },
      { source: 'this program knows', value: `${supported}` },
    ],
    cause: isBehind(written, supported)
      ? 'a very old program wrote it'
      : 'a newer program has been at work here and moved it forward, or a rollback was interrupted',
  }),

  fixes: ({ written, supported }) => [
    {
      id: 'matching-program',
      class: 'M',
      description: isBehind(written, supported)
        ? 'open the store once with Nix 2.8 or newer, which moves the database forward'
        : 'install the newer program again, or restore the database from before the upgrade',
      commands: isBehind(written, supported) ? [] : [['tenon', 'rollback']],
      reversible: true,
      needsRoot: true,
    },
  ],
});

function isBehind(written: string, supported: number): boolean {
  return Number(written) < supported;
}
