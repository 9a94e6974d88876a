import type { AutomaticFix } from './check.ts';

/** Where no init system does it; the daemon goes on by itself. */
export const startFix: AutomaticFix = {
  id: 'start',
  class: 'A',
  description: 'start it in the background',
  commands: [['tenon', 'start']],
  reversible: true,
  needsRoot: true,
  apply: ({ tenon }) => tenon(['start']),
};
