import { hasCode } from '../base/errors.ts';
import { unfinished } from '../setup/errors.ts';
import { readHistory } from '../setup/journal.ts';
import { choose } from '../ui/ask.ts';
import { asideOf, printable } from '../ui/output.ts';
import type { Means } from './apply.ts';
import { resume, takeBack } from './apply.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectName, expectNoNames, parseFlags } from './command.ts';
import { runAsRoot } from './elevate.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { install } from './install.ts';
import type { Surroundings } from './look.ts';
import { atItsPlace, readSurroundings } from './look.ts';
import { loadPlan, targetOf } from './plan-file.ts';
import type { Result } from './setup-result.ts';
import { documentOf, exitCodeFor, linesOf } from './setup-result.ts';
import type { Target } from './target.ts';
import { readTarget, TARGET_USAGE, targetFlags } from './target.ts';
import { askMode } from './wizard.ts';

interface Options {
  readonly yes: boolean;
  readonly unfinished: 'ask' | 'resume' | 'rollback';
  readonly target: Target;
  readonly planFile: string | undefined;
  readonly keepPartial: boolean;
  readonly mayElevate: boolean;
  readonly format: 'text' | 'json' | 'events';
  /** The command line, for whoever runs it again as root. */
  readonly argv: readonly string[];
}

const USAGE = [
  'tenon setup [--yes] [--plan FILE] [--resume | --rollback] [OPTIONS]',
  '',
  '  --yes            do not ask (also TENON_YES=1)',
  '  --plan FILE      apply the plan that "tenon plan --out FILE" saved, if the host is still as it was',
  '  --resume         finish a setup that did not end',
  '  --rollback       take back a setup that did not end',
  '  --keep-partial   leave a setup that fails as it is, to look at it',
  '  --no-elevate     do not become root through sudo, doas or run0',
  '  --json           the result as one JSON document; all other text goes to stderr',
  '  --events         each step as a line of JSON while it happens; all other text goes to stderr',
  ...TARGET_USAGE,
].join('\n');

export const setup = defineCommand<Options, Result>({
  name: 'setup',
  summary:
    'Install the daemon on this host: accounts, directories, files, service, and a build as proof.',
  usage: USAGE,
  parse: parseOptions,

  async run(context, options) {
    const isForPeople =
      options.format === 'text' && (context.out.isTerminal || !context.out.canAsk);
    const out = isForPeople ? context.out : asideOf(context.out);
    try {
      return await setUp({ ...context, out }, options);
    } catch (error) {
      if (hasCode(error, 'ui/cancelled')) return { kind: 'declined' };
      throw error;
    }
  },

  render(result, out, { format }) {
    if (result.kind === 'elevated') return;
    if (format === 'json') out.json(documentOf(result));
    if (format === 'events') out.event({ event: 'end', ...documentOf(result) });
    const isWell = exitCodeFor(result) === exitCodes.done && format === 'text';
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
    plan: { type: 'string' },
    'keep-partial': { type: 'boolean', default: false },
    'no-elevate': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    events: { type: 'boolean', default: false },
  });
  expectNoNames('setup', names);
  const target = readTarget('setup', flags);
  exclude(['--resume', flags.resume], ['--rollback', flags.rollback]);
  exclude(['--json', flags.json], ['--events', flags.events]);
  expectName('setup', '--plan', flags.plan);
  const hasPlan = flags.plan !== undefined;
  exclude(['--plan', hasPlan], ['a setting', Object.keys(target.flags).length > 0]);
  exclude(['--plan', hasPlan], ['--root', flags.root !== undefined]);
  exclude(['--plan', hasPlan], ['--no-start', flags['no-start']]);
  const { yes, plan: planFile } = flags;
  return {
    yes,
    planFile,
    target,
    keepPartial: flags['keep-partial'],
    mayElevate: !flags['no-elevate'],
    format: flags.json ? 'json' : flags.events ? 'events' : 'text',
    unfinished: flags.resume ? 'resume' : flags.rollback ? 'rollback' : 'ask',
    argv,
  };
}

type Given = readonly [name: string, isGiven: boolean];

function exclude([one, hasOne]: Given, [other, hasOther]: Given): void {
  if (!hasOne || !hasOther) return;
  throw usageError(`Cannot run tenon setup: ${one} and ${other} exclude each other`, 'setup');
}

async function setUp(context: CommandContext, options: Options): Promise<Result> {
  const { planFile } = options;
  const saved = planFile === undefined ? undefined : { file: planFile, plan: loadPlan(planFile) };
  const target = saved === undefined ? options.target : targetOf(saved.plan);
  const found = await readSurroundings(context, target);
  const yes = options.yes || context.env.TENON_YES === '1';
  const inMode = found.uid === 0 || yes ? found : await askMode(context, found);
  if (inMode.uid !== 0 && inMode.settings.mode.value !== 'user')
    return await goOnAsRoot(context, inMode, options);
  const around = await atItsPlace(inMode, context.env);
  process.umask(0o022);
  const { keepPartial, format } = options;
  const { tools, installation } = around;
  const streamsEvents = format === 'events';
  const shells = around.settings.shells.value;
  const means = { tools, installation, shells, keepPartial, streamsEvents };
  const { open } = await readHistory(tools.host, installation.journal);
  if (open !== undefined) return await endUnfinished(context, options, means);
  if (options.unfinished !== 'ask') return { kind: 'nothing-unfinished' };
  return await install(context, around, { yes, saved, ...means });
}

/** What makes everything for everybody needs root. The answer to the first question goes along. */
async function goOnAsRoot(
  context: CommandContext,
  { settings }: Surroundings,
  { argv, mayElevate: isAllowed, planFile }: Options,
): Promise<Result> {
  const { mode } = settings;
  const answered = mode.source === 'flag' && !argv.some(word => word.startsWith('--mode'));
  const answers = answered && planFile === undefined ? ['--mode', mode.value] : [];
  const wish = { command: 'tenon setup', argv: ['setup', ...argv, ...answers], isAllowed };
  return { kind: 'elevated', status: await runAsRoot(context, wish) };
}

/** Finishes or takes back what an earlier run left, as asked on the command line or here. */
async function endUnfinished(
  context: CommandContext,
  options: Options,
  means: Means,
): Promise<Result> {
  const wanted = options.unfinished === 'ask' ? await askUnfinished(context) : options.unfinished;
  return wanted === 'rollback' ? await takeBack(context, means) : await resume(context, means);
}

async function askUnfinished(context: CommandContext): Promise<'resume' | 'rollback'> {
  if (!context.out.canAsk) throw unfinished();
  const answer = await choose(context, {
    message: 'An earlier setup did not end.',
    flag: '--resume or --rollback',
    choices: [
      { value: 'resume', name: 'Finish it' },
      { value: 'rollback', name: 'Take it back' },
    ],
  });
  return answer === 'rollback' ? 'rollback' : 'resume';
}
