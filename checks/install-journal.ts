import { hostNames } from '../src/config/layout.ts';
import { defineCheck, type Evidence, type Fix } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly kind: keyof typeof CAUSES;
  readonly evidence: Evidence;
}

const CAUSES = {
  unfinished: 'setup was killed, or the host went down, before it could finish or take back',
  unreadable: 'the file was damaged, or a later version of tenon wrote it',
  lost: 'the file was deleted, or the program was copied there by hand',
};
const SUMMARIES = {
  unfinished: 'an earlier setup did not end',
  unreadable: 'the journal of setup cannot be read',
  lost: 'tenon is installed, and no journal says how',
};

export const installJournal = defineCheck<CheckContext, Found>({
  id: 'install.journal',
  group: 'install',
  title: 'setup has ended and left its journal',
  why: 'Setup writes down what it does before it does it. From that uninstall knows what to take away and what was there before, and a setup that was killed can be finished or taken back.',
  severity: ({ kind }) => (kind === 'lost' ? 'warn' : 'error'),
  needsRoot: true,

  async probe({ host, readSetupState }) {
    const setup = await readSetupState();
    switch (setup.state) {
      case 'running':
        return { skip: 'setup or uninstall runs at this moment' };
      case 'unfinished': {
        const { file, done, planned } = setup;
        const value = `${done} of ${planned} steps are done`;
        return { kind: 'unfinished', evidence: { source: file, value } };
      }
      case 'unreadable': {
        const { file, reason } = setup;
        return { kind: 'unreadable', evidence: { source: file, value: reason } };
      }
      case 'none': {
        const program = hostNames.programDir;
        if ((await host.look(program)) === undefined) return { skip: 'nothing is installed' };
        return { kind: 'lost', evidence: { source: program, value: 'is there' } };
      }
      case 'done':
        return undefined;
      default:
        return setup satisfies never;
    }
  },

  explain: ({ kind, evidence }) => ({
    summary: SUMMARIES[kind],
    evidence: [evidence],
    cause: CAUSES[kind],
  }),

  fixes: ({ kind }) => [FIXES[kind]],
});

const FACTS = { reversible: true, needsRoot: true } as const;
const FIXES: Readonly<Record<Found['kind'], Fix>> = {
  unfinished: {
    ...FACTS,
    id: 'resume',
    class: 'A',
    description: 'finish it; "tenon setup --rollback" takes it back instead',
    commands: [['tenon', 'setup', '--resume']],
    apply: ({ tenon }) => tenon(['setup', '--yes', '--resume']),
  },
  unreadable: {
    ...FACTS,
    id: 'other-version',
    class: 'M',
    description:
      'use the version of tenon that wrote it; if it is damaged, keep a copy and report it',
    commands: [],
  },
  lost: {
    ...FACTS,
    id: 'inspect',
    class: 'M',
    description: 'uninstall goes by what it finds, and keeps accounts that may be those of others',
    commands: [['tenon', 'uninstall']],
  },
};
