import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { storeLayout } from '../../src/config/layout.ts';
import type { Accounts } from '../../src/host/users.ts';
import type { Step, Tools } from '../../src/setup/action.ts';
import type { NixConf } from '../../src/setup/configuration-steps.ts';
import { Journal } from '../../src/setup/journal.ts';
import { places } from '../../src/setup/places.ts';
import type { PlanInput } from '../../src/setup/plan.ts';
import type { Removal } from '../../src/setup/run.ts';
import { finish, idsToDo, survey } from '../../src/setup/run.ts';
import type { FixtureHost } from './fixture-host.ts';

const repository = join(import.meta.dirname, '../..');

export const NOBODY: Accounts = { users: [], groups: [], delegated: [] };

/** The plan for an image without an init system, with a tiny program, two users and everything else as it is. */
export function planInput(changes: Partial<PlanInput> = {}): PlanInput {
  return {
    init: 'none',
    isLive: false,
    accounts: NOBODY,
    nologin: '/usr/sbin/nologin',
    mode: 'multi',
    existing: 'adopt',
    users: { group: 'nixbld', prefix: 'nixbld', base: 30_000, count: 2 },
    accessGroup: '',
    shells: ['sh'],
    caches: [],
    store: storeLayout({}),
    program: join(repository, 'test/fixtures/program'),
    initFiles: new Map(INIT_FILES.map(path => [path, readInit(path)])),
    nixConf: undefined,
    gentoo: undefined,
    replacement: { restartReason: 'nobody could start another one beside it' },
    tenonConf: '[users]\nbase = 30000\n',
    ...changes,
  };
}

/** A nix.conf that says nothing but who builds. */
export function nixConf(buildUsersGroup: string): NixConf {
  return { buildUsersGroup, substituters: [], trustedPublicKeys: [], allowedUsers: ['*'] };
}

const INIT_FILES = [
  'systemd/tenon-daemon.service',
  'systemd/tenon-daemon.socket',
  'systemd-user/tenon-daemon.service',
  'openrc/tenon-daemon.initd',
  'openrc/tenon-daemon.confd',
  'tmpfiles.d/tenon.conf',
  'profile.d/tenon-user.sh',
  'profile.d/tenon.sh',
  'fish/tenon-user.fish',
  'fish/tenon.fish',
];

function readInit(path: string): string {
  return readFileSync(join(repository, 'init', path), 'latin1');
}

/** Does all of a plan. */
export async function setUp(
  tools: Tools,
  steps: readonly Step[],
  file: string = places.journal,
): Promise<void> {
  const { host } = tools;
  const surveys = await survey(steps, tools);
  await using journal = await Journal.take(host, file);
  await journal.begin('0.0.0', steps, [...idsToDo(surveys)]);
  const events = finish(journal, tools, new AbortController().signal);
  for (;;) {
    const next = await events.next();
    if (!next.done) continue;
    if (next.value.outcome !== 'installed') throw new Error(`Not set up: ${next.value.outcome}`);
    return;
  }
}

/** An uninstall without any wish. */
export const plainRemoval: Removal = {
  extent: 'uninstall',
  isForced: false,
  keep: () => undefined,
  recordRest: () => Promise.resolve(),
};

/** Tools for a host on which no daemon runs. */
export function toolsFor({ host }: Pick<FixtureHost, 'host'>): Tools {
  return {
    host,
    handshake: () => Promise.reject(new Error('no daemon here')),
    backUpDatabase: () => Promise.reject(new Error('no store here')),
    sleep: () => Promise.resolve(),
  };
}
