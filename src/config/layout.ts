import { posix } from 'node:path';
import { relativeDirectory } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a store and all that belongs to it is. Stock Nix and tenon have to agree on every one of these. */
export interface StoreLayout {
  readonly storeDir: string;
  readonly stateDir: string;
  readonly logDir: string;
  readonly confDir: string;
  readonly socketPath: string;
  readonly nixConfFile: string;
  readonly linksDir: string;
  readonly dbDir: string;
  readonly dbFile: string;
  readonly schemaFile: string;
  /** Copies of the database, for `tenon rollback`. */
  readonly backupsDir: string;
  /** Held shared by everybody who has the database open. */
  readonly bigLockFile: string;
  /** Space that a full disk's collector can give back before it writes. */
  readonly reservedFile: string;
  readonly gcLockFile: string;
  readonly gcSocketPath: string;
  readonly tempRootsDir: string;
  readonly gcRootsDir: string;
  readonly profilesDir: string;
  /** Locks of the build users, named by uid. */
  readonly userPoolDir: string;
  /** The same for users without an account. */
  readonly idPoolDir: string;
  readonly buildLogDir: string;
  readonly buildsDir: string;
}

/** The layout that Nix's variables ask for. An empty variable counts as unset. Throws `config/relative-directory`. */
export function storeLayout(env: Environment): StoreLayout {
  const storeDir = directory(env, ['NIX_STORE_DIR', 'NIX_STORE'], '/nix/store');
  const stateDir = directory(env, ['NIX_STATE_DIR'], '/nix/var/nix');
  const logDir = directory(env, ['NIX_LOG_DIR'], '/nix/var/log/nix');
  const confDir = directory(env, ['NIX_CONF_DIR'], '/etc/nix');
  const socket = `${stateDir}/daemon-socket/socket`;
  return {
    storeDir,
    stateDir,
    logDir,
    confDir,
    socketPath: directory(env, ['NIX_DAEMON_SOCKET_PATH'], socket),
    nixConfFile: `${confDir}/nix.conf`,
    linksDir: `${storeDir}/.links`,
    ...stateFiles(stateDir),
    buildLogDir: `${logDir}/drvs`,
  };
}

/** The variables that lead any Nix program to a store of its own below `dir`. */
export function privateEnvironment(dir: string): Readonly<Record<string, string>> {
  return {
    NIX_STORE_DIR: posix.join(dir, 'store'),
    NIX_STATE_DIR: posix.join(dir, 'var/nix'),
    NIX_LOG_DIR: posix.join(dir, 'var/log/nix'),
    NIX_CONF_DIR: posix.join(dir, 'etc/nix'),
    NIX_DAEMON_SOCKET_PATH: posix.join(dir, 'var/nix/daemon-socket/socket'),
  };
}

/** A store below `dir`, which no other store of the machine has a part in. */
export function privateLayout(dir: string): StoreLayout {
  return storeLayout(privateEnvironment(dir));
}

/** The home that builders are told to have. It must not exist, so that nothing is found or left there. */
export const noHome = '/homeless-shelter';

/** What setup, the service files and the daemon call things on a host. Paths count from the host's root. */
export const hostNames = {
  service: 'tenon-daemon',
  buildGroup: 'nixbld',
  buildGroupId: 30_000,
  buildUserPrefix: 'nixbld',
  /** The users' uids follow the group's id. */
  buildUserCount: 32,
  tenonConfFile: '/etc/tenon/tenon.conf',
  stateDir: '/var/lib/tenon',
  logDir: '/var/log/tenon',
  runDir: '/run/tenon',
  programDir: '/usr/local/lib/tenon',
  commandFile: '/usr/local/bin/tenon',
} as const;

/** What fixes of the doctor write and uninstall takes away. Paths count from the host's root. */
export const fixFiles = {
  sddm: '/etc/sddm.conf.d/tenon-build-users.conf',
  /** Sorts after the drop-ins of administrators. */
  serviceLimits: `/etc/systemd/system/${hostNames.service}.service.d/zz-tenon-limits.conf`,
  /** Variables of the daemon, such as a proxy; the service files of both init systems read it. */
  serviceEnvironment: '/etc/tenon/daemon.env',
} as const;

function stateFiles(stateDir: string) {
  const dbDir = `${stateDir}/db`;
  return {
    dbDir,
    dbFile: `${dbDir}/db.sqlite`,
    schemaFile: `${dbDir}/schema`,
    backupsDir: `${dbDir}/tenon-backups`,
    bigLockFile: `${dbDir}/big-lock`,
    reservedFile: `${dbDir}/reserved`,
    gcLockFile: `${stateDir}/gc.lock`,
    gcSocketPath: `${stateDir}/gc-socket/socket`,
    tempRootsDir: `${stateDir}/temproots`,
    gcRootsDir: `${stateDir}/gcroots`,
    profilesDir: `${stateDir}/profiles`,
    userPoolDir: `${stateDir}/userpool`,
    idPoolDir: `${stateDir}/userpool2`,
    buildsDir: `${stateDir}/builds`,
  };
}

/** The first of `variables` that is set, without `.`, `..`, doubled and trailing slashes. */
function directory(env: Environment, variables: readonly string[], fallback: string): string {
  const variable = variables.find(name => (env[name] ?? '') !== '');
  if (variable === undefined) return fallback;
  const value = env[variable] ?? '';
  if (!posix.isAbsolute(value)) throw relativeDirectory(variable, value);
  const path = posix.normalize(value);
  return path === '/' ? path : path.replace(/\/$/, '');
}
