import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Lack {
  readonly variable: string;
  readonly value: string;
  readonly defaults: readonly string[];
}

interface Found {
  readonly lacks: readonly Lack[];
}

/** What programs use when the variable is not set, and what it has to name when it is (XDG Base Directory 0.8). */
const VARIABLES = [
  { variable: 'XDG_DATA_DIRS', needed: '/usr/share', defaults: ['/usr/local/share', '/usr/share'] },
  { variable: 'XDG_CONFIG_DIRS', needed: '/etc/xdg', defaults: ['/etc/xdg'] },
];

export const envXdgDefault = defineCheck<CheckContext, Found>({
  id: 'env.xdg-default',
  group: 'env',
  title: "the host's own data folders are still searched",
  why: 'Setting one of these variables replaces what programs search without it. Where the folders of the host are not repeated, menus, icons and schemas of the host are gone.',
  severity: 'warn',

  async probe({ env }) {
    const lacks = VARIABLES.flatMap(({ variable, needed, defaults }) => {
      const value = env[variable] ?? '';
      const folders = value.split(':').map(folder => folder.replace(/\/+$/u, ''));
      return value === '' || folders.includes(needed) ? [] : [{ variable, value, defaults }];
    });
    return lacks.length === 0 ? undefined : { lacks };
  },

  explain: ({ lacks }) => ({
    summary: 'programs do not look where the host keeps its data',
    evidence: lacks.map(({ variable, value }) => ({ source: variable, value })),
    cause: 'a start-up file or a wrapped program set the variable without the default',
  }),

  fixes: ({ lacks }) => [
    {
      id: 'append-defaults',
      class: 'C',
      description: 'append the folders of the host, here and where the variable is set',
      commands: lacks.map(({ variable, value, defaults }) => [
        'export',
        `${variable}=${[value, ...defaults].join(':')}`,
      ]),
      reversible: true,
      needsRoot: false,
    },
  ],
});
