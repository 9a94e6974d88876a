import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly value: string;
}

/** Words that lead a client to the daemon; the empty one lets it choose, and it chooses the daemon. */
const THROUGH_DAEMON = ['', 'auto', 'daemon'];

export const daemonFallback = defineCheck<CheckContext, Found>({
  id: 'daemon.fallback',
  group: 'daemon',
  title: 'clients go through the daemon',
  why: 'A client that is told to open the store itself passes the daemon by: an ordinary user gets "permission denied" from the database, and root builds without what the daemon guarantees.',
  severity: 'warn',

  async probe({ env, socketPath, uid, layout, host }) {
    const value = env.NIX_REMOTE ?? '';
    if (THROUGH_DAEMON.includes(value) || value.startsWith(`unix://${socketPath}`))
      return undefined;
    const owner = (await host.look(layout.stateDir))?.uid;
    if (uid !== 0 && owner === uid) return { skip: 'this store is the own one of this user' };
    return { value };
  },

  explain: ({ value }) => ({
    summary: 'clients of this session do not use the daemon',
    evidence: [{ source: 'NIX_REMOTE', value }],
    cause: 'the variable was set in this session, or by a start-up file of the shell',
  }),

  fixes: () => [
    {
      id: 'unset-remote',
      class: 'C',
      description: 'leave the choice to the client, and look for the variable in start-up files',
      commands: [['unset', 'NIX_REMOTE']],
      reversible: true,
      needsRoot: false,
    },
  ],
});
