import type { Host } from '../../src/host/host.ts';
import type { ServiceManager } from '../../src/host/services.ts';
import { currentIds } from '../../src/host/store-files.ts';
import type { Step, Tools } from '../../src/setup/action.ts';
import { places } from '../../src/setup/places.ts';
import { planSteps } from '../../src/setup/plan.ts';
import { START_STEP } from '../../src/setup/service-steps.ts';
import { userPlaces } from '../../src/setup/user-places.ts';
import { planUserSteps } from '../../src/setup/user-plan.ts';
import { addStockService, withOpenrc } from './fake-openrc.ts';
import { withProcesses } from './fake-processes.ts';
import type { FixtureHost } from './fixture-host.ts';
import { nixConf, planInput, setUp, toolsFor } from './setup-plan.ts';

/** A host that setup is to change, and how. */
export interface Scene {
  prepare(fixture: FixtureHost): Promise<void>;
  toolsFor(fixture: Pick<FixtureHost, 'root' | 'host'>): Tools;
  readonly steps: readonly Step[];
  readonly journal: string;
  /** How many of its last changes are worth dying after: the others are as in another scene. */
  readonly last: number;
}

const oneUser = { group: 'nixbld', prefix: 'nixbld', base: 30_000, count: 1 };

function userSteps(): readonly Step[] {
  const { program, caches, initFiles, shells } = planInput();
  const userHome = userPlaces('/home/ann');
  const { uid, gid } = currentIds();
  const { shFile } = userHome.startUp;
  const about = { places: userHome, uid, gid, hasManager: false, hasNixConf: false };
  const shellFiles = { sh: [shFile], zsh: [] };
  return planUserSteps({ program, caches, initFiles, shells, shellFiles, ...about });
}

export const scenes = {
  'a bare host': {
    prepare: () => Promise.resolve(),
    toolsFor,
    steps: planSteps(planInput()),
    journal: places.journal,
    last: Number.POSITIVE_INFINITY,
  },
  'a stock Nix under OpenRC': {
    prepare: async fixture => {
      withOpenrc(fixture);
      await addStockService(fixture);
      fixture.write('/etc/nix/nix.conf', 'build-users-group =\n');
    },
    toolsFor: fixture => withOpenrc(fixture).tools,
    steps: planSteps(
      planInput({
        init: 'openrc',
        isLive: true,
        nixConf: nixConf(''),
        users: oneUser,
      }),
    ),
    journal: places.journal,
    last: 30,
  },
  'a host on which nothing is started': {
    prepare: fixture => Promise.resolve(void withOpenrc(fixture)),
    toolsFor: fixture => withOpenrc(fixture).tools,
    steps: planSteps(planInput({ init: 'openrc', isLive: true, users: oneUser })).filter(
      ({ id }) => id !== START_STEP,
    ),
    journal: places.journal,
    last: 12,
  },
  'a container': {
    prepare: () => Promise.resolve(),
    toolsFor: withProcesses,
    steps: planSteps(planInput({ mode: 'container', isLive: true, users: oneUser })),
    journal: places.journal,
    last: 10,
  },
  'one user without root': {
    prepare: fixture => Promise.resolve(fixture.write('/home/ann/.profile', 'PATH=/bin')),
    toolsFor: withProcesses,
    steps: userSteps(),
    journal: userPlaces('/home/ann').journal,
    last: Number.POSITIVE_INFINITY,
  },
} as const satisfies Record<string, Scene>;

const CHANGES = [
  'append',
  'bringIn',
  'copy',
  'createGroup',
  'createUser',
  'ensureDirectory',
  'makeDirectory',
  'move',
  'remove',
  'setMode',
  'setOwner',
  'startDetached',
  'writeLink',
  'writeText',
] as const satisfies readonly (keyof Host)[];

const SERVICE_CHANGES = [
  'enable',
  'disable',
  'start',
  'startUnits',
  'stop',
] as const satisfies readonly (keyof ServiceManager)[];

interface Death {
  /** Right after that many changes to the host. */
  readonly after: number;
  readonly die: () => Promise<void>;
}

/** Sets up a host until it dies. Gives the number of changes. */
export async function setUpAndDie(
  tools: Tools,
  { steps, journal }: Pick<Scene, 'steps' | 'journal'>,
  { after, die }: Death,
): Promise<number> {
  let changes = 0;
  const count = async () => {
    changes += 1;
    if (changes === after) await die();
  };
  const { host } = tools;
  const serviceManager: Host['serviceManager'] = (init, service) =>
    counting(host.serviceManager(init, service), SERVICE_CHANGES, count);
  const dying = { ...tools, host: { ...counting(host, CHANGES, count), serviceManager } };
  await setUp(dying, steps, journal);
  return changes;
}

/** The same object, whose changes are counted. */
function counting<Changed extends object>(
  object: Changed,
  names: readonly (keyof Changed)[],
  count: () => Promise<void>,
): Changed {
  const counted = names.map(name => {
    const change = object[name] as (...args: unknown[]) => Promise<unknown>;
    return [
      name,
      async (...args: unknown[]) => {
        await change(...args);
        await count();
      },
    ];
  });
  return { ...object, ...Object.fromEntries(counted) };
}
