import { hostNames, type StoreLayout, storeLayout } from '../config/layout.ts';
import { lockFile } from '../host/file-lock.ts';
import type { ServiceManager } from '../host/services.ts';
import { currentIds } from '../host/store-files.ts';
import { findLiveInit } from '../setup/removal.ts';
import { type Backup, findBackup } from '../store/backup.ts';
import { storeInUse } from '../store/errors.ts';
import { type Loss, lossOf, replacedFile, restoreSteps } from '../store/rollback.ts';
import { confirm } from '../ui/ask.ts';
import { printable } from '../ui/output.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { runAsRoot } from './elevate.ts';
import { exitCodes } from './exit-codes.ts';
import { loadNixSettings } from './nix-settings.ts';
import { createTools } from './tools.ts';
import { backupText } from './upgrade-report.ts';

interface Options {
  readonly force: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly mayElevate: boolean;
  /** The command line, for whoever runs it again as root. */
  readonly argv: readonly string[];
}

type Result =
  /** Another process did it, as root, and said all there is to say. */
  | { readonly kind: 'elevated'; readonly status: number }
  | { readonly kind: 'no-backup' }
  | { readonly kind: 'refused' | 'declined'; readonly backup: Backup; readonly loss: Loss }
  | {
      readonly kind: 'restored';
      readonly backup: Backup;
      readonly loss: Loss;
      /** The database with what was lost; undefined when nothing was. */
      readonly replaced: string | undefined;
    };

const USAGE = [
  'tenon rollback [--force] [--yes] [--json] [--no-elevate]',
  '',
  'Stops the daemon once its builds have ended, restores the database as "tenon upgrade" or setup last backed it up, and',
  'starts the daemon again. Trees in the store stay as they are. What was deleted since is not brought back. When paths',
  'were registered since, it names them and does nothing.',
  '',
  '  --force        also when paths are lost that were registered since; the database that has them is kept',
  '  --yes          do not ask (also TENON_YES=1)',
  '  --json         as one JSON document',
  '  --no-elevate   do not become root through sudo, doas or run0',
].join('\n');

const LOCK_TIMEOUT_MS = 10_000;
const SHOWN = 20;

export const rollback = defineCommand<Options, Result>({
  name: 'rollback',
  summary: 'Bring the database from before the last upgrade back.',
  usage: USAGE,

  parse(argv) {
    const { flags, names } = parseFlags('rollback', argv, {
      force: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'no-elevate': { type: 'boolean', default: false },
    });
    expectNoNames('rollback', names);
    return { ...flags, mayElevate: !flags['no-elevate'], argv };
  },

  async run(context, options) {
    if (currentIds().uid !== 0) return await goOnAsRoot(context, options);
    process.umask(0o022);
    const layout = storeLayout({});
    const backup = findBackup(layout);
    if (backup === undefined) return { kind: 'no-backup' };
    const { settings } = loadNixSettings(layout, {}, true);
    const loss = lossOf(layout, backup, settings.useSqliteWal);
    if (losesSomething(loss) && !options.force) return { kind: 'refused', backup, loss };
    if (!(await isConfirmed(context, backup, options))) return { kind: 'declined', backup, loss };
    const { host } = createTools(layout, '/');
    const manager = host.serviceManager(await findLiveInit(host), hostNames.service);
    return await withoutDaemon(manager, () => restore({ layout, backup }, options, context.signal));
  },

  render(result, out, { json }) {
    if (result.kind === 'elevated') return;
    if (json) out.json(jsonOf(result));
    else for (const line of linesOf(result)) out.line(printable(line));
  },

  exitCode: exitCodeOf,
});

async function goOnAsRoot(
  context: CommandContext,
  { argv, mayElevate: isAllowed }: Options,
): Promise<Result> {
  const wish = { command: 'tenon rollback', argv: ['rollback', ...argv], isAllowed };
  return { kind: 'elevated', status: await runAsRoot(context, wish) };
}

function exitCodeOf(result: Result): number {
  const { kind } = result;
  if (kind === 'elevated') return result.status;
  if (kind === 'declined') return exitCodes.cancelled;
  return kind === 'restored' ? exitCodes.done : exitCodes.blocked;
}

function losesSomething({ paths, unreadable }: Loss): boolean {
  return paths.length > 0 || unreadable !== undefined;
}

async function isConfirmed(
  { out, env, signal }: CommandContext,
  backup: Backup,
  { yes, json }: Options,
): Promise<boolean> {
  if (yes || env.TENON_YES === '1') return true;
  if (!json)
    out.remark(printable(`Stop the daemon, and restore the database ${backupText(backup)}.`));
  return await confirm({ out, signal }, { message: 'Do this?', flag: '--yes', preset: false });
}

/** A daemon that ran runs again, whatever came of the work. */
async function withoutDaemon<T>(manager: ServiceManager, work: () => Promise<T>): Promise<T> {
  const wasActive = await manager.isActive();
  if (wasActive) await manager.stop();
  try {
    return await work();
  } finally {
    if (wasActive) await manager.start();
  }
}

async function restore(
  { layout, backup }: { readonly layout: StoreLayout; readonly backup: Backup },
  { force }: Options,
  signal: AbortSignal,
): Promise<Result> {
  using _alone = await lockAlone(layout, signal);
  const { settings } = loadNixSettings(layout, {}, true);
  // Clients may have gone on until the daemon had stopped.
  const before = lossOf(layout, backup, settings.useSqliteWal);
  if (losesSomething(before) && !force) return { kind: 'refused', backup, loss: before };
  const steps = restoreSteps(layout, backup);
  for (;;) {
    const { done, value: loss } = steps.next();
    if (done !== true) continue;
    const replaced = losesSomething(loss) ? replacedFile(layout) : undefined;
    return { kind: 'restored', backup, loss, replaced };
  }
}

/** Everybody who has the database open holds the big lock shared. */
async function lockAlone({ bigLockFile }: StoreLayout, signal: AbortSignal): Promise<Disposable> {
  const limit = AbortSignal.timeout(LOCK_TIMEOUT_MS);
  try {
    return await lockFile(bigLockFile, { mode: 'exclusive' }, AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    throw limit.aborted ? storeInUse(bigLockFile) : error;
  }
}

type Told = Exclude<Result, { readonly kind: 'elevated' }>;

function jsonOf(result: Told): unknown {
  const about = result.kind === 'no-backup' ? undefined : result;
  return {
    schemaVersion: 1,
    result: result.kind,
    backup: about === undefined ? null : { ...about.backup },
    lost: about?.loss.paths ?? [],
    unreadable: about?.loss.unreadable ?? null,
    replaced: result.kind === 'restored' ? (result.replaced ?? null) : null,
    exitCode: exitCodeOf(result),
  };
}

function linesOf(result: Told): readonly string[] {
  switch (result.kind) {
    case 'no-backup':
      return [
        'There is no backup: "tenon upgrade" and setup make one before another version takes over.',
      ];
    case 'declined':
      return ['Nothing was changed.'];
    case 'refused':
      return [
        'Nothing was changed: the database would lose what was registered after the backup.',
        ...lossLines(result.loss),
        'To restore it all the same: tenon rollback --force.',
      ];
    case 'restored':
      return [
        `Restored: the database ${backupText(result.backup)}.`,
        ...(result.replaced === undefined
          ? []
          : [...lossLines(result.loss), `The database that has them is ${result.replaced}.`]),
      ];
    default:
      return result satisfies never;
  }
}

function lossLines({ paths, unreadable }: Loss): readonly string[] {
  if (unreadable !== undefined)
    return [`  nobody can say what: the database cannot be read (${unreadable})`];
  const more = paths.length - SHOWN;
  return [
    ...paths.slice(0, SHOWN).map(path => `  ${path}`),
    ...(more > 0 ? [`  and ${more} more (--json has all)`] : []),
  ];
}
