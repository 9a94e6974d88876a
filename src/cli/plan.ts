import { editsOf } from '../setup/run.ts';
import type { Output } from '../ui/output.ts';
import { printDiffs, printExplained, printPlan } from '../ui/plan.ts';
import { defineCommand, expectName, expectNoNames, parseFlags } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { documentOf, savePlan } from './plan-file.ts';
import type { Prospect } from './prospect.ts';
import { foresee } from './prospect.ts';
import type { Target } from './target.ts';
import { readTarget, TARGET_USAGE, targetFlags } from './target.ts';

interface Options {
  readonly json: boolean;
  readonly check: boolean;
  readonly diff: boolean;
  readonly explain: boolean;
  readonly saveTo: string | undefined;
  readonly target: Target;
}

const USAGE = [
  'tenon plan [--json] [--diff] [--explain] [--check] [--out FILE] [OPTIONS]',
  '',
  '  --json       one JSON document instead of text',
  '  --diff       also the text that files get, as differences',
  '  --explain    each step with why it is done and how it is undone',
  '  --check      exit 10 when something is to do',
  '  --out FILE   save the plan, for "tenon setup --plan FILE"',
  ...TARGET_USAGE,
].join('\n');

export const plan = defineCommand<Options, Prospect>({
  name: 'plan',
  summary: 'Show what setup would change on this host; changes nothing.',
  usage: USAGE,

  parse(argv) {
    const { flags, names } = parseFlags('plan', argv, {
      ...targetFlags,
      json: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      diff: { type: 'boolean', default: false },
      explain: { type: 'boolean', default: false },
      out: { type: 'string' },
    });
    expectNoNames('plan', names);
    expectName('plan', '--out', flags.out);
    const { json, check, diff, explain, out: saveTo } = flags;
    return { json, check, diff, explain, saveTo, target: readTarget('plan', flags) };
  },

  async run(context, { target, saveTo }) {
    const prospect = await foresee(context, target);
    if (saveTo !== undefined) await savePlan(prospect, saveTo);
    return prospect;
  },

  render(prospect, out, options) {
    if (options.json) out.json(documentOf(prospect));
    else printProspect(prospect, out, options);
  },

  exitCode: ({ described }, { check }) =>
    check && described.steps.some(({ action }) => action !== 'none')
      ? exitCodes.pending
      : exitCodes.done,
});

function printProspect(prospect: Prospect, out: Output, { explain, diff }: Options): void {
  const shown = { ...prospect.described, obstacles: prospect.obstacles };
  if (explain) printExplained(shown, out);
  else printPlan(shown, out);
  if (diff) printDiffs(editsOf(prospect.surveys), out);
}
