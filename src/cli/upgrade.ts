import { type StoreLayout, storeLayout } from '../config/layout.ts';
import { currentIds } from '../host/store-files.ts';
import type { Tools } from '../setup/action.ts';
import { bindStep } from '../setup/actions.ts';
import { replaceStep, startStep } from '../setup/service-steps.ts';
import { confirm } from '../ui/ask.ts';
import { printable } from '../ui/output.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { runAsRoot } from './elevate.ts';
import { exitCodes } from './exit-codes.ts';
import { loadNixSettings } from './nix-settings.ts';
import { programFolder } from './program-folder.ts';
import { backUpStore } from './store-backup.ts';
import { createTools } from './tools.ts';
import { type Decision, decideUpgrade } from './upgrade-decision.ts';
import { readUpgradeFacts, type UpgradeFacts } from './upgrade-facts.ts';
import { linesOf, upgradeJson } from './upgrade-report.ts';

interface Options {
  readonly check: boolean;
  readonly force: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly mayElevate: boolean;
  /** The command line, for whoever runs it again as root. */
  readonly argv: readonly string[];
}

/** What was found and decided, and whether it was done. */
export interface UpgradeResult {
  readonly facts: UpgradeFacts;
  readonly decision: Decision;
  readonly outcome: 'checked' | 'done' | 'declined';
}

/** Another process did it, as root, and said all there is to say. */
interface Elevated {
  readonly outcome: 'elevated';
  readonly status: number;
}

const USAGE = [
  'tenon upgrade [--check] [--force] [--yes] [--json] [--no-elevate]',
  '',
  'The daemon of before serves the clients that it has to the end. Before another version takes over, the database of the',
  'store is backed up; "tenon rollback" brings it back. A new daemon that does not start changes nothing (status 4).',
  '',
  '  --check        only say what would happen; 10 when an upgrade is pending, 3 when something is in its way',
  '  --force        also replace a daemon that is of the installed version',
  '  --yes          do not ask before a daemon is stopped that cannot be replaced (also TENON_YES=1)',
  '  --json         as one JSON document',
  '  --no-elevate   do not become root through sudo, doas or run0',
].join('\n');

export const upgrade = defineCommand<Options, UpgradeResult | Elevated>({
  name: 'upgrade',
  summary: 'Let the installed daemon take over from the one that runs.',
  usage: USAGE,

  parse(argv) {
    const { flags, names } = parseFlags('upgrade', argv, {
      check: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      'no-elevate': { type: 'boolean', default: false },
    });
    expectNoNames('upgrade', names);
    return { ...flags, mayElevate: !flags['no-elevate'], argv };
  },

  async run(context, { check: isCheck, force: isForced, ...options }) {
    const layout = storeLayout({});
    const tools = createTools(layout, '/');
    const around = { ...tools, layout, programFolder, signal: context.signal };
    if (!isCheck && currentIds().uid !== 0) return await goOnAsRoot(context, options);
    process.umask(0o022);
    const facts = await readUpgradeFacts(around);
    const decision = decideUpgrade(facts, { isForced, isCheck });
    const isIdle = decision.action === 'blocked' || decision.action === 'nothing';
    if (isCheck || isIdle) return { facts, decision, outcome: 'checked' };
    if (decision.action === 'restart' && !(await isConfirmed(context, decision, options)))
      return { facts, decision, outcome: 'declined' };
    // A daemon that cannot read it would not come up.
    loadNixSettings(layout, {}, true);
    await apply({ tools, layout, facts, decision }, context.signal);
    return { facts: await readUpgradeFacts(around), decision, outcome: 'done' };
  },

  render(result, out, { json }) {
    if (result.outcome === 'elevated') return;
    if (json) out.json(upgradeJson(result, exitCodeOf(result)));
    else for (const line of linesOf(result)) out.line(printable(line));
  },

  exitCode: result => (result.outcome === 'elevated' ? result.status : exitCodeOf(result)),
});

async function goOnAsRoot(
  context: CommandContext,
  { argv, mayElevate: isAllowed }: Pick<Options, 'argv' | 'mayElevate'>,
): Promise<Elevated> {
  const wish = { command: 'tenon upgrade', argv: ['upgrade', ...argv], isAllowed };
  return { outcome: 'elevated', status: await runAsRoot(context, wish) };
}

function exitCodeOf({ decision, outcome }: UpgradeResult): number {
  if (outcome === 'declined') return exitCodes.cancelled;
  if (decision.action === 'blocked') return exitCodes.blocked;
  return outcome === 'done' || decision.action === 'nothing' ? exitCodes.done : exitCodes.pending;
}

async function isConfirmed(
  { out, env, signal }: CommandContext,
  { reason }: Decision,
  { yes, json }: Pick<Options, 'yes' | 'json'>,
): Promise<boolean> {
  if (yes || env.TENON_YES === '1') return true;
  if (!json) out.remark(printable(reason));
  return await confirm({ out, signal }, { message: 'Do this?', flag: '--yes', preset: false });
}

interface Upgrade {
  readonly tools: Tools;
  readonly layout: StoreLayout;
  readonly facts: UpgradeFacts;
  readonly decision: Decision;
}

async function apply(
  { tools, layout, facts, decision }: Upgrade,
  signal: AbortSignal,
): Promise<void> {
  const version = facts.running?.version ?? '';
  if (decision.takesBackup) await backUpStore(layout, version);
  const where = { init: facts.init, mode: 'multi', store: layout } as const;
  const step = decision.action === 'replace' ? replaceStep(where, []) : startStep(where, []);
  await bindStep(step).apply(tools, signal);
}
