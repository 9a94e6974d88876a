import { posix } from 'node:path';
import { type AutomaticFix, defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Entry {
  readonly path: string;
  readonly uid: number;
}

interface Found {
  readonly layout: CheckContext['layout'];
  readonly service: string;
  readonly wrong: readonly Entry[];
}

/** Store paths that are looked at; a tree that was handed over has its owner everywhere. */
const SAMPLE_SIZE = 32;

export const storeOwnership = defineCheck<CheckContext, Found>({
  id: 'store.ownership',
  group: 'store',
  title: 'the store belongs to root',
  why: "A store that a single user set up belongs to that user, who can change what all others run from it, the daemon's database included.",
  severity: 'error',

  async probe({ host, layout, uid, service }) {
    const { storeDir, stateDir, dbDir, gcRootsDir, profilesDir } = layout;
    const store = await host.look(storeDir);
    if (store === undefined) return { skip: 'there is no store yet' };
    if (uid !== 0 && store.uid === uid) return { skip: 'this store is the own one of this user' };
    const names = await host.listSome(storeDir, SAMPLE_SIZE);
    const top = [posix.dirname(storeDir), storeDir, stateDir, dbDir, gcRootsDir, profilesDir];
    const paths = [...top, layout.dbFile, ...names.map(name => posix.join(storeDir, name))];
    const entries = await Promise.all(
      paths.map(async path => ({ path, uid: (await host.look(path))?.uid ?? 0 })),
    );
    const wrong = entries.filter(entry => entry.uid !== 0);
    return wrong.length === 0 ? undefined : { layout, service, wrong };
  },

  explain: ({ wrong }) => ({
    summary: 'parts of the store belong to somebody else than root',
    evidence: wrong.slice(0, 8).map(({ path, uid }) => ({ source: path, value: `owner ${uid}` })),
    cause: 'the store was set up for a single user, or copied without its owners',
  }),

  fixes: ({ layout, service }) => [giveToRoot(layout, service)],
});

/** All but what users have of their own: their profiles, and their roots. */
function giveToRoot(layout: CheckContext['layout'], service: string): AutomaticFix {
  const { storeDir, stateDir, profilesDir, gcRootsDir } = layout;
  const ofUsers = [profilesDir, gcRootsDir].map(folder => `${folder}/per-user/*`);
  const find = (at: (path: string) => string) => [
    ...['find', '-P', at(storeDir), at(stateDir)],
    ...[
      '(',
      ...ofUsers.flatMap((path, index) => [...(index > 0 ? ['-o'] : []), '-path', at(path)]),
      ')',
    ],
    ...['-prune', '-o', '-exec', 'chown', '-h', 'root', '{}', '+'],
  ];
  const top = posix.dirname(storeDir);
  return {
    id: 'give-to-root',
    class: 'A',
    description: `give ${storeDir} and ${stateDir} to root, but for what lies in per-user folders`,
    commands: [['chown', 'root', top], find(path => path)],
    reversible: false,
    needsRoot: true,
    async apply({ host }) {
      const manager = host.serviceManager(await host.findInit(), service);
      const isActive = await manager.isActive();
      // A build owns its output until it is registered.
      if (isActive) await manager.stop();
      await host.run(['chown', 'root', host.at(top)]);
      await host.run(find(host.at));
      if (isActive) await manager.start();
    },
  };
}
