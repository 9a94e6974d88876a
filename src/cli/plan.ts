import { printPlan } from '../ui/plan.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { lookAtHost } from './prospect.ts';

export const plan = defineCommand({
  name: 'plan',
  summary: 'Show what setup would change on this host; changes nothing.',
  usage: 'tenon plan [--json]\n\n  --json   one JSON document instead of text',

  parse(argv) {
    const { flags, names } = parseFlags('plan', argv, {
      json: { type: 'boolean', default: false },
    });
    expectNoNames('plan', names);
    return { json: flags.json };
  },

  async run(context) {
    const { described, preflight, obstacles } = await lookAtHost(context);
    return { ...described, preflight, obstacles };
  },

  render(result, out, { json }) {
    if (json) out.json(result);
    else printPlan(result, out);
  },
});
