import type { EnvironmentReport, ReportedFinding } from '../env/check.ts';
import { culpritText } from '../env/culprit.ts';
import type { Scope } from '../env/findings.ts';
import type { ForeignPart } from '../env/foreign.ts';
import { fates } from '../env/portage.ts';
import { makeConfCommand } from '../env/remedies.ts';
import { classes } from '../env/variables.ts';
import { type Output, printable } from '../ui/output.ts';

/** A value may have thousands of parts, and each may be long. */
const PARTS_SHOWN = 3;
const PARTS_IN_JSON = 100;
const CHARACTERS_SHOWN = 160;
const CHARACTERS_IN_JSON = 4096;

const MARKS = {
  error: { mark: 'x', style: 'red' },
  warn: { mark: '!', style: 'yellow' },
  hint: { mark: 'i', style: 'cyan' },
} as const;

/** What `env check --json` prints. */
export function environmentJson(
  report: EnvironmentReport,
  scope: Scope,
  exitCode: number,
): unknown {
  const { portage, sources, findings, remarks } = report;
  return {
    schemaVersion: 1,
    for: scope,
    portage: {
      isPresent: portage.isPresent,
      version: portage.version,
      lists: portage.origin,
      envUnset: portage.unsetOrigin,
      setsPath: portage.setsPath,
    },
    sources,
    findings: findings.map(finding => ({
      ...finding,
      parts: finding.parts.slice(0, PARTS_IN_JSON).map(({ text, via, target }) => ({
        text: text.slice(0, CHARACTERS_IN_JSON),
        via,
        target: target?.slice(0, CHARACTERS_IN_JSON) ?? null,
      })),
    })),
    remarks,
    summary: {
      error: count(report, 'error'),
      warn: count(report, 'warn'),
      hint: count(report, 'hint'),
    },
    exitCode,
  };
}

/** Where there is no Portage, what it would do is shown only to who asks for emerge. */
export function printEnvironment(report: EnvironmentReport, scope: Scope, out: Output): void {
  const view = { out, withEmerge: report.portage.isPresent || scope === 'emerge' };
  const { findings, sources, remarks } = report;
  out.line(`${out.paint('bold', 'tenon env check')}  ·  ${portageText(report)}\n`);
  for (const source of new Set(findings.map(finding => finding.source))) {
    out.line(printable(source));
    for (const finding of findings) if (finding.source === source) printFinding(finding, view);
  }
  for (const remark of remarks) out.line(out.paint('dim', `not seen: ${printable(remark)}`));
  if (findings.length > 0 || remarks.length > 0) out.line();
  out.line(summaryText(report, sources.length));
  printRemedies(findings, view);
}

interface View {
  readonly out: Output;
  readonly withEmerge: boolean;
}

function portageText({ portage }: EnvironmentReport): string {
  if (!portage.isPresent) return 'a host without Portage';
  return `Portage ${portage.version ?? 'of this host'}`;
}

function printFinding(finding: ReportedFinding, { out, withEmerge }: View): void {
  const { variable, severity, parts, fate, isFeltByEmerge, culprit } = finding;
  const { mark, style } = MARKS[severity];
  const detail = (label: string, text: string) =>
    out.line(`      ${out.paint('dim', label.padEnd(8))} ${printable(text)}`);
  const name = out.paint('bold', shorten(printable(variable).replaceAll('\n', '?')));
  out.line(`  ${out.paint(style, mark)} ${name}   ${classes[finding.class].what}`);
  for (const part of parts.slice(0, PARTS_SHOWN)) detail('seen', partText(part));
  if (parts.length > PARTS_SHOWN) detail('', `and ${parts.length - PARTS_SHOWN} more`);
  if (withEmerge) detail('emerge', fates[fate]);
  if (withEmerge && isFeltByEmerge)
    detail('', 'it acts on emerge itself, where ENV_UNSET and hooks do not reach');
  if (culprit !== null) detail('from', culpritText(culprit));
}

function partText({ text, via, target }: ForeignPart): string {
  const leads = target === null ? '' : ` → ${shorten(target)}`;
  return `${shorten(text)}${leads}${via === 'profile' && target === null ? ' (a profile)' : ''}`;
}

function shorten(text: string): string {
  return text.length > CHARACTERS_SHOWN ? `${text.slice(0, CHARACTERS_SHOWN)}…` : text;
}

function summaryText(report: EnvironmentReport, sourceCount: number): string {
  const where = `in ${sourceCount} ${sourceCount === 1 ? 'source' : 'sources'}`;
  const counts = [
    [count(report, 'error'), 'error', 'errors'],
    [count(report, 'warn'), 'warning', 'warnings'],
    [count(report, 'hint'), 'hint', 'hints'],
  ] as const;
  const parts = counts.flatMap(([number, one, many]) =>
    number === 0 ? [] : [`${number} ${number === 1 ? one : many}`],
  );
  return parts.length === 0 ? `nothing foreign ${where}` : `${parts.join(', ')} ${where}`;
}

function printRemedies(findings: readonly ReportedFinding[], { out, withEmerge }: View): void {
  const serious = findings.filter(({ severity }) => severity !== 'hint');
  if (serious.length === 0) return;
  const everyEmerge = withEmerge ? makeConfCommand(findings) : undefined;
  out.line(`\none command   tenon env exec --clean -- ${withEmerge ? 'emerge …' : 'COMMAND'}`);
  out.line('this shell    eval "$(tenon env fix --shell)"');
  if (everyEmerge !== undefined) out.line(`every emerge  sudo ${everyEmerge.join(' ')}`);
  if (withEmerge) out.line('a report      tenon env fix --report');
}

function count({ findings }: EnvironmentReport, wanted: ReportedFinding['severity']): number {
  return findings.filter(({ severity }) => severity === wanted).length;
}
