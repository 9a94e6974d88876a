import type { Output } from './output.ts';
import { printable } from './output.ts';

/** What a report shows of one check's result. */
export interface ReportedResult {
  readonly id: string;
  readonly group: string;
  readonly status: 'pass' | 'hint' | 'warn' | 'error' | 'skip' | 'crash';
  readonly summary: string;
  readonly evidence: readonly { readonly source: string; readonly value: string }[];
  readonly cause: string | null;
  readonly fixes: readonly ReportedFix[];
  readonly docs: string;
}

interface ReportedFix {
  readonly class: 'A' | 'C' | 'M';
  readonly description: string;
  readonly commands: readonly (readonly string[])[];
  readonly reversible: boolean;
}

const SYMBOLS = {
  error: { mark: 'x', style: 'red' },
  crash: { mark: 'X', style: 'red' },
  warn: { mark: '!', style: 'yellow' },
  hint: { mark: 'i', style: 'cyan' },
} as const;
const GROUP_WIDTH = 11;

type Status = ReportedResult['status'];
type Loud = keyof typeof SYMBOLS;

/** One line for each group, and the details of what was found in it. */
export function printReport(results: readonly ReportedResult[], out: Output): void {
  for (const group of new Set(results.map(result => result.group))) {
    const members = results.filter(result => result.group === group);
    out.line(`${title(group).padEnd(GROUP_WIDTH)} ${groupLine(members)}`);
    for (const result of members) printDetails(result, out);
  }
}

/** How many results there are of each status, the worst first. */
export function printSummary(results: readonly ReportedResult[], out: Output): void {
  const words = [
    ['error', 'error', 'errors'],
    ['crash', 'crashed', 'crashed'],
    ['warn', 'warning', 'warnings'],
    ['hint', 'hint', 'hints'],
    ['pass', 'passed', 'passed'],
    ['skip', 'skipped', 'skipped'],
  ] as const;
  const parts = words.flatMap(([status, one, many]) => {
    const number = count(results, status);
    return number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];
  });
  out.line(parts.join(', '));
}

interface AppliedFix {
  readonly check: string;
  readonly description: string;
  readonly commands: readonly (readonly string[])[];
  readonly state: 'applied' | 'failed' | 'planned';
  readonly error: string | null;
}

/** What was done about what had been found, or would be. */
export function printApplied(fixes: readonly AppliedFix[], out: Output): void {
  for (const { check, description, commands, state, error } of fixes) {
    const reason = error === null ? '' : `: ${error}`;
    out.line(
      `${FIX_WORDS[state]} ${out.paint('bold', check)}   ${printable(description + reason)}`,
    );
    if (state === 'applied') continue;
    for (const command of commands) out.line(`  ${printable(commandLine(command))}`);
  }
  if (fixes.length > 0) out.line();
}

const FIX_WORDS = { applied: 'fixed', failed: 'not fixed', planned: 'would fix' } as const;

const GROUP_TITLES: Readonly<Record<string, string>> = {
  users: 'Accounts',
  fs: 'Disk',
  net: 'Network',
  mac: 'Labels',
  env: 'Environment',
  shell: 'Shells',
};

function title(group: string): string {
  const known = GROUP_TITLES[group];
  if (known !== undefined) return known;
  return group.replace(/^./u, first => first.toUpperCase());
}

function groupLine(members: readonly ReportedResult[]): string {
  const problems = count(members, 'error') + count(members, 'crash') + count(members, 'warn');
  const hints = count(members, 'hint');
  const skipped = count(members, 'skip');
  const parts = [
    problems > 0 ? `! ${problems} ${problems === 1 ? 'problem' : 'problems'}` : '',
    count(members, 'pass') > 0 ? `ok ${count(members, 'pass')}` : '',
    hints > 0 ? `${hints} ${hints === 1 ? 'hint' : 'hints'}` : '',
    skipped > 0 ? `skipped ${skipped}` : '',
  ];
  return parts.filter(Boolean).join('   ');
}

function count(results: readonly ReportedResult[], wanted: Status): number {
  return results.filter(({ status }) => status === wanted).length;
}

function printDetails(result: ReportedResult, out: Output): void {
  const { id, status, summary } = result;
  if (status === 'skip') out.line(out.paint('dim', `  - ${id}   ${printable(summary)}`));
  if (isLoud(status)) printFinding({ ...result, status }, out);
}

function printFinding(result: ReportedResult & { readonly status: Loud }, out: Output): void {
  const { mark, style } = SYMBOLS[result.status];
  out.line(
    `  ${out.paint(style, mark)} ${out.paint('bold', result.id)}   ${printable(result.summary)}`,
  );
  for (const { source, value } of result.evidence) detail('seen', `${source}: ${value}`, out);
  if (result.cause !== null) detail('cause', result.cause, out);
  for (const fix of result.fixes) {
    detail('fix', [...ownCommand(result.id, fix), fix.description].join('\n'), out);
    for (const command of fix.commands) detail('', commandLine(command), out);
  }
  detail('more', result.docs, out);
}

/** What makes tenon apply a fix itself, where it can. */
function ownCommand(id: string, fix: ReportedFix): readonly string[] {
  if (fix.class !== 'A') return [];
  return [`tenon doctor --fix ${id}${fix.reversible ? '   (reversible)' : ''}`];
}

function isLoud(status: Status): status is Loud {
  return status in SYMBOLS;
}

function detail(label: string, text: string, out: Output): void {
  const [first = '', ...rest] = printable(text).split('\n');
  out.line(`      ${out.paint('dim', label.padEnd(7))} ${first}`);
  for (const line of rest) out.line(`      ${' '.repeat(7)} ${line}`);
}

/** An argument list as somebody would type it. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(word => (/^[\w@%+=:,./-]+$/u.test(word) ? word : quote(word))).join(' ');
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
