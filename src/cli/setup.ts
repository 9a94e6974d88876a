import { hasCode, messageOf } from '../base/errors.ts';
import { storeLayout } from '../config/layout.ts';
import { blocked, unfinished } from '../setup/errors.ts';
import { Journal, readHistory } from '../setup/journal.ts';
import { places } from '../setup/places.ts';
import type { Failure, Outcome } from '../setup/run.ts';
import { failureText, finish, idsToDo, rollBack } from '../setup/run.ts';
import { choose, confirm } from '../ui/ask.ts';
import { printable } from '../ui/output.ts';
import { printPlan } from '../ui/plan.ts';
import { showTasks } from '../ui/tasks.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { loadNixSettings } from './nix-settings.ts';
import type { Prospect } from './prospect.ts';
import { createTools, lookAtHost } from './prospect.ts';
import { type Proof, prove } from './prove.ts';
import { becomeInstaller } from './root.ts';
import type { Target } from './target.ts';
import { readTarget, TARGET_USAGE, targetFlags } from './target.ts';
import { STEP_GROUPS, taskEvents } from './task-events.ts';
import { readVersion } from './version.ts';

interface Options {
  readonly yes: boolean;
  readonly unfinished: 'ask' | 'resume' | 'rollback';
  readonly target: Target;
}

type Result =
  | { readonly kind: 'nothing-to-do' | 'declined' | 'rolled-back-as-asked' | 'nothing-unfinished' }
  | { readonly kind: 'proved'; readonly proof: Proof; readonly socketPath: string }
  | { readonly kind: 'unproved'; readonly error: unknown }
  | { readonly kind: 'failed'; readonly error: unknown; readonly failures: readonly Failure[] };

const USAGE = [
  'tenon setup [--yes] [--resume | --rollback] [OPTIONS]',
  '',
  '  --yes        do not ask (also TENON_YES=1)',
  '  --resume     finish a setup that did not end',
  '  --rollback   take back a setup that did not end',
  ...TARGET_USAGE,
].join('\n');

export const setup = defineCommand<Options, Result>({
  name: 'setup',
  summary:
    'Install the daemon on this host: accounts, directories, files, service, and a build as proof.',
  usage: USAGE,
  parse: parseOptions,

  async run(context, options) {
    becomeInstaller('tenon setup');
    const { host } = createTools(storeLayout({}), options.target.root);
    const { open } = await readHistory(host, places.journal);
    if (open !== undefined) return await endUnfinished(context, options);
    if (options.unfinished !== 'ask') return { kind: 'nothing-unfinished' };
    return await install(context, options);
  },

  render(result, out) {
    const isWell = exitCodeFor(result) === exitCodes.done;
    for (const line of linesOf(result)) (isWell ? out.line : out.remark)(printable(line));
  },
  exitCode: exitCodeFor,
});

function parseOptions(argv: readonly string[]): Options {
  const { flags, names } = parseFlags('setup', argv, {
    ...targetFlags,
    yes: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    rollback: { type: 'boolean', default: false },
  });
  expectNoNames('setup', names);
  if (flags.resume && flags.rollback)
    throw usageError('Cannot run tenon setup: --resume and --rollback exclude each other', 'setup');
  const options = { yes: flags.yes, target: readTarget(flags) };
  if (flags.resume) return { ...options, unfinished: 'resume' };
  return { ...options, unfinished: flags.rollback ? 'rollback' : 'ask' };
}

async function install(context: CommandContext, options: Options): Promise<Result> {
  const { out } = context;
  const prospect = await lookAtHost(context, options.target);
  if (prospect.obstacles.length > 0) throw blocked(prospect.obstacles, BLOCKED_HINT);
  printPlan({ ...prospect.described, obstacles: [] }, out);
  const todo = idsToDo(prospect.surveys);
  if (todo.size === 0) return { kind: 'nothing-to-do' };
  if (!(await isConfirmed(context, options))) return { kind: 'declined' };
  const outcome = await applyPlan(context, prospect, [...todo]);
  return await concludeSetup(context, outcome, options.target);
}

const BLOCKED_HINT = 'Cure what is named and run "tenon setup" again; nothing was changed';

async function isConfirmed({ out, env }: CommandContext, { yes }: Options): Promise<boolean> {
  if (yes || env.TENON_YES === '1') return true;
  out.line();
  return await confirm(out, { message: 'Do this?', flag: '--yes' });
}

async function applyPlan(
  { out, signal }: CommandContext,
  { tools, surveys }: Prospect,
  todo: readonly string[],
): Promise<Outcome> {
  await using journal = await Journal.take(tools.host, places.journal);
  const steps = surveys.map(({ step }) => step);
  await journal.begin(await readVersion(), steps, todo);
  out.line();
  const events = taskEvents(finish(journal, tools, signal));
  return await showTasks(out, STEP_GROUPS, events);
}

/** Finishes or takes back what an earlier run left, as asked on the command line or here. */
async function endUnfinished(context: CommandContext, options: Options): Promise<Result> {
  const { out, signal } = context;
  const wanted = options.unfinished === 'ask' ? await askUnfinished(context) : options.unfinished;
  const tools = createTools(storeLayout({}), options.target.root);
  await using journal = await Journal.take(tools.host, places.journal);
  if (wanted === 'rollback') {
    const failures = await showTasks(
      out,
      STEP_GROUPS.toReversed(),
      taskEvents(rollBack(journal, tools)),
    );
    if (failures.length === 0) return { kind: 'rolled-back-as-asked' };
    return { kind: 'failed', error: failures[0]?.error, failures };
  }
  const events = taskEvents(finish(journal, tools, signal));
  const outcome = await showTasks(out, STEP_GROUPS, events);
  return await concludeSetup(context, outcome, options.target);
}

async function askUnfinished({ out }: CommandContext): Promise<'resume' | 'rollback'> {
  if (!out.canAsk) throw unfinished();
  const question = { message: 'An earlier setup did not end.', flag: '--resume or --rollback' };
  const answer = await choose(out, question, [
    { value: 'resume', name: 'Finish it' },
    { value: 'rollback', name: 'Take it back' },
  ]);
  return answer === 'rollback' ? 'rollback' : 'resume';
}

async function concludeSetup(
  context: CommandContext,
  outcome: Outcome,
  { root }: Target,
): Promise<Result> {
  if (outcome.outcome !== 'installed') {
    const failures = outcome.outcome === 'incomplete' ? outcome.failures : [];
    return { kind: 'failed', error: outcome.error, failures };
  }
  context.out.line('\nBuild something as proof');
  const layout = storeLayout({});
  const { host } = createTools(layout, root);
  const { settings } = loadNixSettings(layout, {}, true);
  const nonce = crypto.randomUUID();
  try {
    const proof = await prove({ host, layout, settings, nonce, signal: context.signal });
    return { kind: 'proved', proof, socketPath: layout.socketPath };
  } catch (error) {
    context.signal.throwIfAborted();
    return { kind: 'unproved', error };
  }
}

function linesOf(result: Result): readonly string[] {
  switch (result.kind) {
    case 'nothing-to-do':
      return [];
    case 'declined':
      return ['Nothing was changed.'];
    case 'nothing-unfinished':
      return ['Nothing to do: no setup was left unfinished.'];
    case 'rolled-back-as-asked':
      return ['Rolled back: this host is as it was before setup.'];
    case 'proved':
      return proofLines(result.proof, result.socketPath);
    case 'unproved':
      return [
        `error: ${messageOf(result.error)}`,
        `The daemon is installed. Run "tenon doctor${checkOf(result.error)}" to see what is wrong.`,
      ];
    case 'failed':
      return [`error: ${messageOf(result.error)}`, ...failureLines(result.failures)];
    default:
      return result satisfies never;
  }
}

function proofLines({ output, builder, isSandboxed }: Proof, socketPath: string) {
  const { pid, uid, seccomp } = builder;
  return [
    `  ${output}: built as pid ${pid}, uid ${uid}, seccomp ${seccomp}`,
    ...(isSandboxed
      ? []
      : ['  without a sandbox, as nix.conf says: tenon doctor sandbox.effective']),
    '',
    `The daemon answers at ${socketPath}.`,
    'Next: nix-build FILE as any user; tenon doctor; tenon uninstall takes it all away.',
  ];
}

function checkOf(error: unknown): string {
  const { check } = error as { check?: unknown };
  return typeof check === 'string' ? ` ${check}` : '';
}

function failureLines(failures: readonly Failure[]): readonly string[] {
  if (failures.length === 0) return ['Rolled back: this host is as it was before.'];
  return [
    ...failures.map(failure => `  not undone: ${failureText(failure)}`),
    'Run "tenon setup --rollback" once the reason is gone.',
  ];
}

function exitCodeFor(result: Result): number {
  switch (result.kind) {
    case 'nothing-to-do':
    case 'nothing-unfinished':
    case 'rolled-back-as-asked':
    case 'proved':
      return exitCodes.done;
    case 'declined':
      return exitCodes.cancelled;
    case 'unproved':
      return exitCodes.failed;
    case 'failed':
      return exitCodeOfFailure(result.error, result.failures);
    default:
      return result satisfies never;
  }
}

function exitCodeOfFailure(error: unknown, failures: readonly Failure[]): number {
  if (failures.length > 0) return exitCodes.incomplete;
  if (hasCode(error, 'cli/interrupted')) return exitCodes.interrupted;
  if (hasCode(error, 'cli/terminated')) return exitCodes.terminated;
  return exitCodes.rolledBack;
}
