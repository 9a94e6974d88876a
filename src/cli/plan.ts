import { printPlan } from '../ui/plan.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { lookAtHost } from './prospect.ts';
import { readTarget, TARGET_USAGE, targetFlags } from './target.ts';

const USAGE_JSON = '  --json   one JSON document instead of text';

export const plan = defineCommand({
  name: 'plan',
  summary: 'Show what setup would change on this host; changes nothing.',
  usage: ['tenon plan [--json] [OPTIONS]', '', USAGE_JSON, ...TARGET_USAGE].join('\n'),

  parse(argv) {
    const { flags, names } = parseFlags('plan', argv, {
      ...targetFlags,
      json: { type: 'boolean', default: false },
    });
    expectNoNames('plan', names);
    return { json: flags.json, target: readTarget(flags) };
  },

  async run(context, { target }) {
    const { described, preflight, obstacles } = await lookAtHost(context, target);
    return { ...described, preflight, obstacles };
  },

  render(result, out, { json }) {
    if (json) out.json(result);
    else printPlan(result, out);
  },
});
