import { checkEnvironment, type EnvironmentReport } from '../env/check.ts';
import { isAtLeast, type Scope } from '../env/findings.ts';
import type { Severity } from '../env/variables.ts';
import { createHost } from '../host/host.ts';
import { currentIds } from '../host/store-files.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { environmentJson, printEnvironment } from './env-report.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';

interface Options {
  readonly scope: Scope;
  readonly failOn: Severity;
  readonly pid: number | undefined;
  readonly login: string | undefined;
  readonly root: boolean;
  readonly json: boolean;
}

interface Result {
  readonly report: EnvironmentReport;
  readonly exitCode: number;
}

const NAME = 'env check';
const SCOPES: readonly Scope[] = ['emerge', 'host', 'any'];
const THRESHOLDS: readonly Severity[] = ['hint', 'warn', 'error'];

const USAGE = [
  'tenon env check [--pid N] [--login USER] [--root] [--for emerge|host|any] [--fail-on error|warn|hint] [--json]',
  '',
  '  --pid N        look at process N instead of this environment',
  '  --login USER   look at what a login of USER starts with',
  '  --root         look at what root gets from here by su, su -, sudo and doas',
  '  --for SCOPE    how bad it is for emerge, for programs of the host, or for any of them (any)',
  '  --fail-on LEVEL  exit 1 for findings of this level and above (error)',
  '  --json         one JSON document instead of text',
  '',
  'Files that set variables for everybody are always looked at: /etc/profile.env, /etc/env.d, /etc/environment,',
  '/etc/environment.d, ~/.config/environment.d and /etc/ld.so.preload.',
].join('\n');

export const envCheck = defineCommand<Options, Result>({
  name: NAME,
  summary: 'Find variables that lead programs of this host to files of a store; changes nothing.',
  usage: USAGE,
  parse: parseOptions,
  run: look,

  render({ report, exitCode }, out, { json, scope }) {
    if (json) out.json(environmentJson(report, scope, exitCode));
    else printEnvironment(report, scope, out);
  },

  exitCode: ({ exitCode }) => exitCode,
});

function parseOptions(argv: readonly string[]): Options {
  const { flags, names } = parseFlags(NAME, argv, {
    for: { type: 'string', default: 'any' },
    'fail-on': { type: 'string', default: 'error' },
    pid: { type: 'string' },
    login: { type: 'string' },
    root: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  expectNoNames(NAME, names);
  return {
    scope: oneOf('--for', flags.for, SCOPES),
    failOn: oneOf('--fail-on', flags['fail-on'], THRESHOLDS),
    pid: flags.pid === undefined ? undefined : parsePid(flags.pid),
    login: flags.login,
    root: flags.root,
    json: flags.json,
  };
}

function oneOf<Word extends string>(flag: string, word: string, words: readonly Word[]): Word {
  const found = words.find(each => each === word);
  if (found !== undefined) return found;
  throw usageError(
    `Cannot run tenon ${NAME}: ${flag} is "${word}", not one of ${words.join(', ')}`,
    NAME,
  );
}

function parsePid(text: string): number {
  if (/^[1-9]\d{0,9}$/u.test(text)) return Number(text);
  throw usageError(
    `Cannot run tenon ${NAME}: --pid is "${text}", not the number of a process`,
    NAME,
  );
}

async function look({ env, signal }: CommandContext, options: Options): Promise<Result> {
  const asker = { pid: process.pid, uid: currentIds().uid, env, signal };
  const report = await checkEnvironment(createHost('/'), asker, options);
  const isBad = report.findings.some(({ severity }) => isAtLeast(severity, options.failOn));
  return { report, exitCode: isBad ? exitCodes.found : exitCodes.done };
}
