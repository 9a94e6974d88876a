import { checks } from '../../checks/index.ts';
import type { Threshold } from '../doctor/report.ts';
import { CHECK_TIMEOUT_MS } from './check-context.ts';
import { expectName, parseFlags } from './command.ts';
import { usageError } from './errors.ts';

export type DoctorOptions = DoctorRun | DoctorQuestion;

interface Common {
  /** Names of checks and groups; none stands for all. */
  readonly ids: readonly string[];
  readonly output: 'text' | 'json' | 'events';
}

/** What is asked about the checks themselves. */
export interface DoctorQuestion extends Common {
  readonly kind: 'list' | 'explain';
}

export interface DoctorRun extends Common {
  readonly kind: 'run';
  readonly fix: 'no' | 'plan' | 'apply';
  readonly yes: boolean;
  readonly mayElevate: boolean;
  /** The command line, for whoever runs it again as root. */
  readonly argv: readonly string[];
  readonly failOn: Threshold;
  readonly timeoutMs: number;
  /** Where to write a report that can be passed on. */
  readonly reportFile: string | undefined;
}

export const USAGE = [
  'tenon doctor [OPTIONS] [ID or GROUP …]',
  '',
  '  ID or GROUP …      only these checks, or the checks of these groups',
  '  --fix              do what tenon can do about what is found, then look again',
  '  --dry-run          with --fix: only say what would be done',
  '  --yes              with --fix: do not ask before what cannot be undone, nor before going on as root (also',
  '                     TENON_YES=1)',
  '  --no-elevate       do not become root through sudo, doas or run0',
  '  --fail-on LEVEL    exit 1 from this level on: error (default) or warn',
  '  --timeout SECONDS  how long a check may take (default 5)',
  '  --report FILE      write a report without names and secrets, for a bug report',
  '  --list             name the checks, run none',
  '  --explain ID       why a check is there',
  '  --json             one JSON document instead of text',
  '  --events           one line of JSON for each result as it comes',
].join('\n');

export function parseDoctorOptions(argv: readonly string[]): DoctorOptions {
  const { flags, names } = parseFlags('doctor', argv, {
    fix: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
    'no-elevate': { type: 'boolean', default: false },
    'fail-on': { type: 'string', default: 'error' },
    timeout: { type: 'string', default: String(CHECK_TIMEOUT_MS / 1000) },
    report: { type: 'string' },
    list: { type: 'boolean', default: false },
    explain: { type: 'string' },
    json: { type: 'boolean', default: false },
    events: { type: 'boolean', default: false },
  });
  if (flags.json && flags.events) throw wrong('--json and --events exclude each other');
  if (flags['dry-run'] && !flags.fix) throw wrong('--dry-run is about --fix, which is not given');
  const output = outputOf(flags);
  const { explain, yes, report: reportFile } = flags;
  expectName('doctor', '--report', reportFile);
  const ids = explain === undefined ? names : [explain];
  selectChecks(ids);
  const failOn = parseThreshold(flags['fail-on']);
  const timeoutMs = parseTimeout(flags.timeout);
  if (explain !== undefined) return { kind: 'explain', ids, output };
  if (flags.list) return { kind: 'list', ids, output };
  const fix = flags['dry-run'] ? 'plan' : flags.fix ? 'apply' : 'no';
  const mayElevate = !flags['no-elevate'];
  return { kind: 'run', ids, output, fix, yes, mayElevate, argv, failOn, timeoutMs, reportFile };
}

function outputOf({ json, events }: { json: boolean; events: boolean }): Common['output'] {
  if (json) return 'json';
  return events ? 'events' : 'text';
}

/** The checks that are named, themselves or by their group; all when none is. */
export function selectChecks(ids: readonly string[]) {
  const unknown = ids.find(id => !checks.some(check => check.id === id || check.group === id));
  if (unknown !== undefined) throw wrong(`there is no check "${unknown}"`);
  return checks.filter(
    ({ id, group }) => ids.length === 0 || ids.includes(id) || ids.includes(group),
  );
}

function parseThreshold(text: string): Threshold {
  if (text === 'error' || text === 'warn') return text;
  throw wrong(`--fail-on is "${text}" and not error or warn`);
}

const MAX_TIMEOUT_SECONDS = 3600;

function parseTimeout(text: string): number {
  const seconds = /^\d{1,4}(\.\d{1,3})?$/u.test(text) ? Number(text) : 0;
  if (seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS) return seconds * 1000;
  throw wrong(`--timeout is "${text}" and not a number of seconds up to ${MAX_TIMEOUT_SECONDS}`);
}

function wrong(flaw: string): Error {
  return usageError(`Cannot run tenon doctor: ${flaw}`, 'doctor');
}
