import { hasCode } from '../src/base/errors.ts';
import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly variable: string;
  readonly value: string;
  readonly seen: string;
  readonly kind: 'unknown-locale' | 'no-archive';
}

/** The first that is set counts (locale(7)). */
const VARIABLES = ['LC_ALL', 'LC_CTYPE', 'LANG'];
const ALWAYS_THERE = /^(?:C|POSIX)(?:\.utf-?8)?$/iu;
const ARCHIVE = 'LOCALE_ARCHIVE';

export const envLocale = defineCheck<CheckContext, Found>({
  id: 'env.locale',
  group: 'env',
  title: 'the locale of this session exists',
  why: 'Programs from the store bring a C library of their own, which finds locales through LOCALE_ARCHIVE or not at all; those of the host use what was generated there. Where a locale is missing, programs warn and fall back to ASCII.',
  severity: 'warn',

  async probe({ host, env }, signal) {
    const archive = env[ARCHIVE] ?? '';
    if (archive !== '' && (await host.isSameFile(archive, archive)) === undefined)
      return {
        variable: ARCHIVE,
        value: archive,
        seen: 'there is no such file',
        kind: 'no-archive',
      };
    const variable = VARIABLES.find(name => (env[name] ?? '') !== '');
    const value = env[variable ?? ''] ?? '';
    if (variable === undefined || ALWAYS_THERE.test(value)) return undefined;
    const complaint = await tryLocale(host, value, signal);
    if (complaint === undefined) return { skip: 'there is no program "locale" to try it with' };
    return complaint === ''
      ? undefined
      : { variable, value, seen: complaint, kind: 'unknown-locale' };
  },

  explain: ({ variable, value, seen, kind }) => ({
    summary: 'programs cannot use the locale of this session',
    evidence: [
      { source: variable, value },
      { source: kind === 'unknown-locale' ? 'locale charmap' : value, value: seen },
    ],
    cause:
      kind === 'unknown-locale'
        ? 'the locale was not generated on this host, or came along over ssh from another one'
        : 'the variable names an archive that was removed, such as one in the store after a clean-up',
  }),

  fixes: ({ variable, value, kind }) => [
    kind === 'unknown-locale'
      ? {
          id: 'generate-locale',
          class: 'C',
          description: `add ${value} to /etc/locale.gen and generate it, or choose one that "locale -a" lists`,
          commands: [['locale-gen']],
          reversible: true,
          needsRoot: true,
        }
      : {
          id: 'unset-archive',
          class: 'C',
          description: 'take the variable away, here and where it is set',
          commands: [['unset', variable]],
          reversible: true,
          needsRoot: false,
        },
  ],
});

/** What the C library of the host has to say; nothing when all is well. */
async function tryLocale(
  host: CheckContext['host'],
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { stderr } = await host.run(['locale', 'charmap'], { env: { LC_ALL: name }, signal });
    return stderr.trim().split('\n')[0] ?? '';
  } catch (error) {
    if (hasCode(error, 'host/command-missing')) return undefined;
    throw error;
  }
}
