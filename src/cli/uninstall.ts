import { hasCode } from '../base/errors.ts';
import { currentIds } from '../host/store-files.ts';
import { journalLost } from '../setup/errors.ts';
import type { Installation } from '../setup/installation.ts';
import { hostInstallation, userInstallation } from '../setup/installation.ts';
import type { History } from '../setup/journal.ts';
import { readHistory } from '../setup/journal.ts';
import { findDropIns } from '../setup/leftovers.ts';
import { planRemoval } from '../setup/removal-plan.ts';
import { confirm } from '../ui/ask.ts';
import { asideOf, printable } from '../ui/output.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { runAsRoot } from './elevate.ts';
import { noSuchRoot, usageError } from './errors.ts';
import type { Scene } from './remove.ts';
import { remove, sweep } from './remove.ts';
import { readRoot } from './target.ts';
import { createTools } from './tools.ts';
import type { Options, Result } from './uninstall-report.ts';
import { announce, documentOf, exitCodeFor, linesOf, planDocument } from './uninstall-report.ts';

const USAGE = [
  'tenon uninstall [--yes] [OPTIONS]',
  '',
  '  --yes             do not ask (also TENON_YES=1)',
  '  --dry-run         show what would go and what would stay, and change nothing',
  '  --purge-store     also delete the store, with everything that was ever built',
  '  --purge-users     also delete what Nix programs left in the homes of users',
  '  --hand-back       leave the store, the build users and nix.conf to a stock Nix daemon',
  '  --keep-package    leave the package and its repository to Portage, which removes or keeps them',
  '  --by-inspection   also take away what no journal names and is of tenon beyond doubt',
  '  --force           also take away what was changed after setup, and wait for no build',
  '  --root DIR        another host root, of an image or below /mnt',
  '  --no-elevate      do not become root through sudo, doas or run0',
  '  --json            the plan and the result as one JSON document; all other text goes to stderr',
  '  --events          the plan, each step and the result as lines of JSON; all other text goes to stderr',
].join('\n');

export const uninstall = defineCommand<Options, Result>({
  name: 'uninstall',
  summary: 'Take away what setup installed. The store stays, unless it is to be purged.',
  usage: USAGE,
  parse: parseOptions,

  async run(context, options) {
    process.umask(0o022);
    const out = options.format === 'text' ? context.out : asideOf(context.out);
    return await takeAway({ ...context, out }, options);
  },

  render(result, out, { format }) {
    if (result.kind === 'elevated') return;
    if (format === 'json') out.json(documentOf(result));
    if (format === 'events') out.event({ event: 'end', ...documentOf(result) });
    const print = format === 'text' ? out.line : out.remark;
    for (const line of linesOf(result)) print(printable(line));
  },
  exitCode: exitCodeFor,
});

function parseOptions(argv: readonly string[]): Options {
  const { flags, names } = parseFlags('uninstall', argv, {
    yes: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    'purge-store': { type: 'boolean', default: false },
    'purge-users': { type: 'boolean', default: false },
    'hand-back': { type: 'boolean', default: false },
    'keep-package': { type: 'boolean', default: false },
    'by-inspection': { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    root: { type: 'string' },
    'no-elevate': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    events: { type: 'boolean', default: false },
  });
  expectNoNames('uninstall', names);
  if (flags['hand-back'] && flags['purge-store']) throw exclusive('--hand-back', '--purge-store');
  if (flags.json && flags.events) throw exclusive('--json', '--events');
  return {
    yes: flags.yes,
    dryRun: flags['dry-run'],
    purgeStore: flags['purge-store'],
    purgeUsers: flags['purge-users'],
    handBack: flags['hand-back'],
    keepPackage: flags['keep-package'],
    byInspection: flags['by-inspection'],
    force: flags.force,
    root: readRoot('uninstall', flags.root),
    mayElevate: !flags['no-elevate'],
    format: flags.json ? 'json' : flags.events ? 'events' : 'text',
    argv,
  };
}

function exclusive(one: string, other: string): Error {
  const message = `Cannot run tenon uninstall: ${one} and ${other} exclude each other`;
  return usageError(message, 'uninstall');
}

async function takeAway(context: CommandContext, options: Options): Promise<Result> {
  const { out } = context;
  const installation = await findInstallation(context, options);
  if (installation === undefined) return await goOnAsRoot(context, options);
  // The folder that this was called from may be among what goes.
  process.chdir('/');
  const scene = { ...createTools(installation.layout, options.root), installation };
  if ((await scene.host.look('/'))?.kind !== 'directory') throw noSuchRoot(options.root);
  const history = await readWhatIsLeft(scene, options);
  const entries = [...history.installed, ...(history.open?.entries ?? [])];
  if (entries.length === 0 && history.open === undefined && !options.byInspection)
    return await concludeNothing(scene);
  const plan = await planRemoval(scene, entries, options);
  announce(plan, options, out);
  if (options.dryRun) return { kind: 'planned', plan };
  if (!(await isConfirmed(context, options))) return { kind: 'declined', plan };
  if (options.format === 'events') out.event({ event: 'plan', ...planDocument(plan) });
  return await remove(context, scene, { entries, plan, options });
}

/** Who is not root can only take away what is theirs; undefined when that is nothing. */
async function findInstallation(
  { env }: CommandContext,
  { root, byInspection }: Options,
): Promise<Installation | undefined> {
  if (currentIds().uid === 0) return hostInstallation;
  const { HOME = '/' } = env;
  const installation = userInstallation(HOME);
  const { host } = createTools(installation.layout, root);
  const has = async (path: string) => (await host.look(path)) !== undefined;
  if (root !== '/' || byInspection) return undefined;
  const isThere = (await has(installation.journal)) || (await has(installation.programDir));
  return isThere ? installation : undefined;
}

async function goOnAsRoot(
  context: CommandContext,
  { argv, mayElevate: isAllowed }: Options,
): Promise<Result> {
  const wish = { command: 'tenon uninstall', argv: ['uninstall', ...argv], isAllowed };
  return { kind: 'elevated', status: await runAsRoot(context, wish) };
}

const NOTHING: History = { installed: [], open: undefined };

/** A journal that cannot be read counts as lost where the host is inspected anyway. */
async function readWhatIsLeft(
  { host, installation }: Scene,
  { byInspection }: Options,
): Promise<History> {
  try {
    return await readHistory(host, installation.journal);
  } catch (error) {
    if (byInspection && hasCode(error, 'setup/bad-journal')) return NOTHING;
    throw error;
  }
}

/** Without a journal nothing is touched, but what looks like an installation is named. */
async function concludeNothing({ host, installation }: Scene): Promise<Result> {
  const { journal, layout, user } = installation;
  const kept = user === undefined ? await findDropIns(host) : [];
  const stays = [journal, ...kept.map(({ what }) => what)];
  const traces = await sweep({ host, installation }, { entries: [], kept: stays });
  // The socket alone may be that of another daemon.
  const ours = traces.found.filter(trace => trace !== layout.socketPath);
  if (ours.length > 0) throw journalLost(host.at(journal), ours);
  return { kind: 'nothing-installed', kept, traces: { ...traces, found: ours } };
}

async function isConfirmed(
  { out, env, signal }: CommandContext,
  options: Options,
): Promise<boolean> {
  if (options.yes || env.TENON_YES === '1') return true;
  const preset = !(options.purgeStore || options.purgeUsers);
  try {
    return await confirm({ out, signal }, { message: 'Do this?', flag: '--yes', preset });
  } catch (error) {
    if (hasCode(error, 'ui/cancelled')) return false;
    throw error;
  }
}
