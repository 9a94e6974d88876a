import type { ShownEdit } from './diff.ts';
import { shownDiff } from './diff.ts';
import type { Output } from './output.ts';
import { printable } from './output.ts';

/** What is shown of a plan. */
export interface ShownPlan {
  readonly host: { readonly distro: string; readonly init: string };
  readonly settings: readonly ShownSetting[];
  readonly steps: readonly ShownStep[];
  /** Why it cannot be done. */
  readonly obstacles: readonly string[];
}

interface ShownStep {
  readonly kind: string;
  readonly group: string;
  readonly action: string;
  readonly title: string;
  readonly reason: string;
  readonly undo: string;
}

interface ShownSetting {
  readonly name: string;
  readonly value: string | number | readonly string[];
  readonly source: string;
  readonly default: string | number | readonly string[];
}

/** More steps of one kind in a row than this are shown as the first, the last and their number. */
const SHOWN_IN_A_ROW = 3;
const GROUP_WIDTH = 12;
/** What an outline does not name as the first thing of its group. */
const BOOKKEEPING = ['account-backups', 'service-stop'];

/** Prints what would change, grouped; nothing to do is one line. */
export function printPlan(plan: ShownPlan, out: Output): void {
  printHead(plan, out);
  for (const [group, members] of groupsOf(plan)) {
    out.line(`\n${out.paint('bold', group)}`);
    printGroup(members, out);
  }
  printObstacles(plan, out);
}

/** Prints every step with why it is done and how it is undone. */
export function printExplained(plan: ShownPlan, out: Output): void {
  printHead(plan, out);
  for (const [group, members] of groupsOf(plan)) {
    out.line(`\n${out.paint('bold', group)}`);
    for (const { title, reason, undo } of members) {
      out.line(`  ${printable(title)}`);
      out.line(out.paint('dim', `    why   ${printable(reason)}`));
      out.line(out.paint('dim', `    undo  ${printable(undo)}`));
    }
  }
  printObstacles(plan, out);
}

/** Prints a line for each group. */
export function printOutline(plan: ShownPlan, out: Output): void {
  printTitle(plan, out);
  for (const [group, members] of groupsOf(plan)) {
    const first = members.find(({ kind }) => !BOOKKEEPING.includes(kind)) ?? members[0];
    const more = members.length === 1 ? '' : ` and ${members.length - 1} more`;
    out.line(`  ${group.padEnd(GROUP_WIDTH)} ${printable(first?.title ?? '')}${more}`);
  }
}

/** Prints the files of others, and of setup, that get another text. */
export function printDiffs(edits: readonly ShownEdit[], out: Output): void {
  for (const edit of edits) {
    out.line();
    for (const line of shownDiff(edit)) out.line(out.paint(styleOf(line), line));
  }
}

function styleOf(line: string): 'green' | 'red' | 'dim' {
  if (line.startsWith('+')) return 'green';
  return line.startsWith('-') ? 'red' : 'dim';
}

function printTitle({ host }: Pick<ShownPlan, 'host'>, out: Output): void {
  out.line(`${out.paint('bold', 'tenon setup')}  ·  ${printable(host.distro)}  ·  ${host.init}`);
}

function printHead({ host, settings, steps }: ShownPlan, out: Output): void {
  printTitle({ host }, out);
  for (const { name, value, source } of settings.filter(isChanged))
    out.line(`${name} = ${formatValue(value)}  ${out.paint('dim', source)}`);
  if (steps.every(({ action }) => action === 'none'))
    out.line('Nothing to do: this host is set up.');
}

function printObstacles({ obstacles }: ShownPlan, out: Output): void {
  if (obstacles.length > 0) out.line(`\n${out.paint('red', 'Blocked')}`);
  for (const obstacle of obstacles) out.line(`  ${printable(obstacle)}`);
}

function groupsOf({ steps }: ShownPlan): readonly (readonly [string, readonly ShownStep[]])[] {
  const changes = steps.filter(({ action }) => action !== 'none');
  return [...Map.groupBy(changes, ({ group }) => group)];
}

function isChanged(setting: ShownSetting): boolean {
  return `${setting.value}` !== `${setting.default}`;
}

function formatValue(value: ShownSetting['value']): string {
  if (typeof value !== 'object') return printable(`${value}`);
  return value.length === 0 ? 'none' : printable(value.join(' '));
}

function printGroup(changes: readonly ShownStep[], out: Output): void {
  for (const run of runsOfOneKind(changes)) {
    const shown = run.length > SHOWN_IN_A_ROW ? shorten(run) : run.map(titleOf);
    const reason = printable(run[0]?.reason ?? '');
    for (const [index, title] of shown.entries())
      out.line(`  ${printable(title)}${index === 0 ? out.paint('dim', `   ${reason}`) : ''}`);
  }
}

function titleOf({ action, title }: ShownStep): string {
  return action === 'unknown' ? `unknown: ${title}` : title;
}

function runsOfOneKind(changes: readonly ShownStep[]): ShownStep[][] {
  const runs: ShownStep[][] = [];
  for (const change of changes) {
    const last = runs.at(-1);
    if (last?.[0]?.kind === change.kind && last[0].reason === change.reason) last.push(change);
    else runs.push([change]);
  }
  return runs;
}

function shorten(run: readonly ShownStep[]): readonly string[] {
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [titleOf(first), `… ${run.length - 2} more`, titleOf(last)];
}
