import { posix } from 'node:path';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';
import { describeWaypoint, isForeign, type Waypoint, walkPath } from '../src/doctor/path-walk.ts';

interface Found {
  readonly directory: string;
  readonly where: Waypoint;
}

const OWNER_ONLY_WRITES = 0o755;

/** That the folder is missing shows in daemon.alive. */
export const daemonSocketDir = defineCheck<CheckContext, Found>({
  id: 'daemon.socket-dir',
  group: 'daemon',
  title: 'nobody but root can replace the socket',
  why: 'Whoever can write to the folder of the socket, or to one above it, can put a socket of their own there, and every client sends its requests to them.',
  severity: 'error',

  async probe({ host, socketPath, layout, uid }) {
    const stateOwner = (await host.look(layout.stateDir))?.uid;
    if (uid !== 0 && stateOwner === uid) return { skip: 'this store is the own one of this user' };
    const directory = posix.dirname(socketPath);
    const way = await walkPath(host, directory);
    if (way.at(-1)?.facts === undefined)
      return { skip: `there is no ${directory}, see daemon.alive` };
    const where = way.find(isForeign);
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

  fixes: ({ where: { path, facts } }) => [
    {
      id: 'close-folder',
      class: 'A',
      description: 'give it to root, and let nobody else write to it',
      commands: [
        ['chown', '-h', 'root:root', path],
        ['chmod', 'go-w', path],
      ],
      reversible: true,
      needsRoot: true,
      async apply({ host }) {
        await host.setOwner(path, { uid: 0, gid: 0 });
        await host.setMode(path, (facts?.mode ?? 0) & OWNER_ONLY_WRITES);
      },
    },
  ],
});
