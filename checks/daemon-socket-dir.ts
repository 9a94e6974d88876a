import { posix } from 'node:path';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import {
  closeFix,
  describeWaypoint,
  isForeign,
  type Waypoint,
  walkPath,
} from '../src/doctor/path-walk.ts';

interface Found {
  readonly directory: string;
  readonly where: Waypoint;
}

/** That the folder is missing shows in daemon.alive, and that the store has another owner in store.ownership. */
export const daemonSocketDir = defineCheck<CheckContext, Found>({
  id: 'daemon.socket-dir',
  group: 'daemon',
  title: 'nobody but root can replace the socket',
  why: 'Whoever can write to the folder of the socket, or to one above it, can put a socket of their own there, and every client sends its requests to them.',
  severity: 'error',

  async probe({ host, socketPath, layout, uid, readAccounts }) {
    const stateOwner = (await host.look(layout.stateDir))?.uid;
    if (uid !== 0 && stateOwner === uid) return { skip: 'this store is the own one of this user' };
    const directory = posix.dirname(socketPath);
    const way = await walkPath(host, directory);
    if (way.at(-1)?.facts === undefined)
      return { skip: `there is no ${directory}, see daemon.alive` };
    const accounts = await readAccounts();
    const judgedByOwner = [posix.dirname(layout.storeDir), layout.stateDir];
    const where = way.find(
      each =>
        isForeign(each, accounts) && !(each.facts?.uid !== 0 && judgedByOwner.includes(each.path)),
    );
    return where === undefined ? undefined : { directory, where };
  },

  explain: ({ directory, where }) => ({
    summary: 'somebody else than root can replace the socket',
    evidence: [
      { source: 'folder of the socket', value: directory },
      { source: where.path, value: describeWaypoint(where) },
    ],
    cause: 'the folder was made by another program, or its owner or mode was changed',
  }),

  fixes: ({ where }) => [closeFix(where)],
});
