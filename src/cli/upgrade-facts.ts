import { hostNames, type StoreLayout } from '../config/layout.ts';
import type { Host } from '../host/host.ts';
import type { Init } from '../host/services.ts';
import { currentIds } from '../host/store-files.ts';
import { places } from '../setup/places.ts';
import { findLiveInit } from '../setup/removal.ts';
import { findKeeper, type Instance, type Keeper, listInstances } from '../setup/running-daemon.ts';
import { type Backup, findBackup } from '../store/backup.ts';
import { SCHEMA_VERSION } from '../store/schema.ts';
import { askVersion } from './tools.ts';
import { readVersion } from './version.ts';

/** All that an upgrade of the daemon that runs depends on. */
export interface UpgradeFacts {
  readonly init: Init;
  /** The version of this program, which is the one that would take over. */
  readonly own: string;
  /** Whether this program is the one that the service starts. */
  readonly isInstalled: boolean;
  /** Undefined when no daemon answers. */
  readonly running: { readonly version: string } | undefined;
  /** Only root can see who keeps a daemon, and backups. */
  readonly isRoot: boolean;
  /** Whether the init system runs it for tenon. */
  readonly isServiceActive: boolean;
  /** Undefined when nobody could start another daemon beside it. */
  readonly keeper: Keeper | undefined;
  /** Those that run, the one that serves last. */
  readonly instances: readonly Instance[];
  readonly database: {
    /** What its schema file says; undefined when there is none. */
    readonly schema: string | undefined;
    readonly known: number;
    readonly sizeBytes: number;
    readonly freeBytes: number;
  };
  readonly backup: Backup | undefined;
}

const ANSWER_TIMEOUT_MS = 5000;

interface Surroundings {
  readonly host: Host;
  readonly layout: StoreLayout;
  readonly programFolder: string;
  readonly signal: AbortSignal;
}

export async function readUpgradeFacts(around: Surroundings): Promise<UpgradeFacts> {
  const { host, layout } = around;
  const init = await findLiveInit(host);
  // The question starts a service whose socket the init system holds.
  const running = await greet(around);
  const keeper = await findKeeper(host);
  const isRoot = currentIds().uid === 0;
  return {
    init,
    own: await readVersion(),
    isInstalled: await isStarted(around),
    running,
    isRoot,
    isServiceActive: await host.serviceManager(init, hostNames.service).isActive(),
    keeper,
    instances: keeper === undefined ? [] : await listInstances(host, keeper),
    database: {
      schema: (await host.readText(layout.schemaFile))?.trim(),
      known: SCHEMA_VERSION,
      sizeBytes: await sizeOf(host, layout),
      freeBytes: (await host.readSpace(layout.dbDir)).freeBytes,
    },
    backup: isRoot ? findBackup(layout) : undefined,
  };
}

/** The service starts a command that leads to a program. */
async function isStarted({ host, programFolder }: Surroundings): Promise<boolean> {
  const commands = [hostNames.commandFile, places.packagedCommand];
  const starts = await Promise.all(
    commands.map(command => host.isSameFile(command, `${programFolder}/src/tenon`)),
  );
  return starts.includes(true);
}

async function greet({ layout, signal }: Surroundings): Promise<UpgradeFacts['running']> {
  const { storeDir, socketPath } = layout;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  const version = await askVersion(socketPath, storeDir, limit);
  signal.throwIfAborted();
  return version === undefined ? undefined : { version };
}

/** What is in the journal becomes part of a backup. */
async function sizeOf(host: Host, { dbFile }: StoreLayout): Promise<number> {
  const sizes = await Promise.all([dbFile, `${dbFile}-wal`].map(file => host.sizeOf(file)));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}
