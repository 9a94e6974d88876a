import type { Output } from './output.ts';
import { printable } from './output.ts';

/** What is shown of a plan. */
export interface ShownPlan {
  readonly host: { readonly distro: string; readonly init: string };
  readonly settings: readonly ShownSetting[];
  readonly steps: readonly {
    readonly kind: string;
    readonly group: string;
    readonly action: string;
    readonly title: string;
    readonly reason: string;
  }[];
  /** Why it cannot be done. */
  readonly obstacles: readonly string[];
}

interface ShownSetting {
  readonly name: string;
  readonly value: string | number | readonly string[];
  readonly source: string;
  readonly default: string | number | readonly string[];
}

/** More steps of one kind in a row than this are shown as the first, the last and their number. */
const SHOWN_IN_A_ROW = 3;

/** Prints what would change, grouped; nothing to do is one line. */
export function printPlan({ host, settings, steps, obstacles }: ShownPlan, out: Output): void {
  const changes = steps.filter(({ action }) => action !== 'none');
  out.line(`${out.paint('bold', 'tenon setup')}  ·  ${host.distro}  ·  ${host.init}`);
  for (const { name, value, source } of settings.filter(isChanged))
    out.line(`${name} = ${value}  ${out.paint('dim', source)}`);
  if (changes.length === 0) {
    out.line('Nothing to do: this host is set up.');
    return;
  }
  for (const group of new Set(changes.map(change => change.group))) {
    out.line(`\n${out.paint('bold', group)}`);
    printGroup(
      changes.filter(change => change.group === group),
      out,
    );
  }
  if (obstacles.length > 0) out.line(`\n${out.paint('red', 'Blocked')}`);
  for (const obstacle of obstacles) out.line(`  ${printable(obstacle)}`);
}

function isChanged(setting: ShownSetting): boolean {
  return `${setting.value}` !== `${setting.default}`;
}

function printGroup(changes: ShownPlan['steps'], out: Output): void {
  for (const run of runsOfOneKind(changes)) {
    const shown = run.length > SHOWN_IN_A_ROW ? shorten(run) : run.map(({ title }) => title);
    const reason = run[0]?.reason ?? '';
    for (const [index, title] of shown.entries())
      out.line(`  ${printable(title)}${index === 0 ? out.paint('dim', `   ${reason}`) : ''}`);
  }
}

function runsOfOneKind(changes: ShownPlan['steps']): ShownPlan['steps'][] {
  const runs: ShownPlan['steps'][number][][] = [];
  for (const change of changes) {
    const last = runs.at(-1);
    if (last?.[0]?.kind === change.kind && last[0].reason === change.reason) last.push(change);
    else runs.push([change]);
  }
  return runs;
}

function shorten(run: ShownPlan['steps']): readonly string[] {
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [first.title, `… ${run.length - 2} more`, last.title];
}
