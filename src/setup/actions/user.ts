import { hasCode } from '../../base/errors.ts';
import type { User } from '../../host/users.ts';
import type { Tools } from '../action.ts';
import { defineAction } from '../action.ts';

interface Spec {
  readonly user: User;
  readonly group: string;
}

type Undo = Readonly<Record<string, never>>;

const BUSY_TRIES = 20;
const BUSY_WAIT_MS = 250;

/** A build user. One that exists is adopted, whatever its id, and never removed. */
export const user = defineAction<Spec, Undo>({
  kind: 'user',
  target: ({ user: { name } }) => name,
  describe: ({ user: { name, uid } }) => `Create user ${name} (uid ${uid})`,
  describeUndo: ({ user: { name } }) => `Remove user ${name}`,

  inspect: async ({ host }, { user: { name } }) =>
    (await host.findUser(name)) === undefined
      ? { state: 'todo', change: 'create', undo: {} }
      : { state: 'done' },

  async apply({ host }, { user: wanted, group }) {
    if ((await host.findUser(wanted.name)) === undefined) await host.createUser(wanted, group);
  },

  async revert(tools, { user: made }, { isForced }) {
    const now = await tools.host.findUser(made.name);
    if (now === undefined) return undefined;
    if (!isSame(now, made) && !isForced)
      return {
        what: `user ${made.name}`,
        reason: 'the account was changed after setup',
        advice: `when nothing needs it: userdel ${made.name}`,
      };
    await removeWhenIdle(tools, made.name);
    return undefined;
  },
});

function isSame(now: User, made: User): boolean {
  const fields = ['uid', 'gid', 'comment', 'home', 'shell'] as const;
  return fields.every(field => now[field] === made[field]);
}

/** The daemon is stopped by now; what its last build left may need a moment to die. */
async function removeWhenIdle({ host, sleep }: Tools, name: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await host.removeUser(name);
    } catch (error) {
      if (!hasCode(error, 'host/user-busy') || tries === BUSY_TRIES) throw error;
      await sleep(BUSY_WAIT_MS, new AbortController().signal);
    }
  }
}
