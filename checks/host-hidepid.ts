import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

export const hostHidepid = defineCheck<CheckContext, { option: string }>({
  id: 'host.hidepid',
  group: 'host',
  title: 'users see which processes run',
  why: 'With hidepid on /proc users see only their own processes, and not who serves the store. Builds are not concerned, but what a user asks the doctor has fewer answers.',
  severity: 'hint',

  async probe({ readKernelFacts }) {
    const { mounts } = await readKernelFacts();
    const proc = mounts.findLast(({ mountPoint }) => mountPoint === '/proc');
    const option = proc?.superOptions.find(each => each.startsWith('hidepid='));
    return option === undefined || /=(?:0|off)$/u.test(option) ? undefined : { option };
  },

  explain: ({ option }) => ({
    summary: 'users see only their own processes',
    evidence: [{ source: '/proc/self/mountinfo', value: `/proc has ${option}` }],
    cause: 'an administrator hardened the host; nothing has to be done',
  }),

  fixes: () => [
    {
      id: 'exempt-group',
      class: 'M',
      description:
        'if some users shall see all, put them into a group and add gid=GROUP to the options of /proc in /etc/fstab',
      commands: [],
      reversible: true,
      needsRoot: true,
    },
  ],
});
