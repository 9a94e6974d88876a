import type { AutomaticFix } from './check.ts';

/** Setup puts the program, the accounts and the service in place, and leaves alone what is right. */
export const setupFix: AutomaticFix = {
  id: 'setup',
  class: 'A',
  description: 'setup makes what is missing and leaves the rest alone',
  commands: [['tenon', 'setup']],
  reversible: true,
  needsRoot: true,
  apply: ({ tenon }) => tenon(['setup', '--yes']),
};
