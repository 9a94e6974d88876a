import type { Report } from '../doctor/report.ts';
import { isLeftToRoot } from '../doctor/run.ts';
import type { Output } from '../ui/output.ts';
import { printApplied, printReport, printSummary } from '../ui/report.ts';
import { defineCommand } from './command.ts';
import {
  type DoctorOptions,
  type DoctorQuestion,
  parseDoctorOptions,
  selectChecks,
  USAGE,
} from './doctor-options.ts';
import { type Examination, examine } from './examine.ts';
import { exitCodes } from './exit-codes.ts';

export const doctor = defineCommand<DoctorOptions, Examination | undefined>({
  name: 'doctor',
  summary:
    'Check this host and explain what is wrong. Without --fix it changes nothing. Exit 1 when something is.',
  usage: USAGE,
  parse: parseDoctorOptions,

  run: async (context, options) =>
    options.kind === 'run' ? await examine(context, options) : undefined,

  render(examination, out, options) {
    if (examination?.kind === 'report') printAll(examination.report, out, options);
    else if (options.kind !== 'run') printChecks(options, out);
  },

  exitCode(examination) {
    if (examination === undefined) return exitCodes.done;
    return examination.kind === 'elevated' ? examination.status : examination.report.exitCode;
  },
});

function printAll(report: Report, out: Output, { output }: DoctorOptions): void {
  if (output === 'json') out.json(report);
  else if (output === 'events') printEnd(report, out);
  else printText(report, out);
}

/** The results were printed as they came. */
function printEnd({ applied, summary, exitCode }: Report, out: Output): void {
  out.line(JSON.stringify({ event: 'end', applied, summary, exitCode }));
}

function printText({ tool, host, checks, applied }: Report, out: Output): void {
  const title = out.paint('bold', 'tenon doctor');
  out.line(`${title}  ·  ${host.distro} (${host.init})  ·  tenon ${tool}\n`);
  printReport(checks, out);
  out.line();
  printApplied(applied, out);
  printSummary(checks, out);
  const leftToRoot = checks.filter(isLeftToRoot).map(({ id }) => id);
  const need = leftToRoot.length === 1 ? '1 check needs' : `${leftToRoot.length} checks need`;
  if (leftToRoot.length > 0) out.line(`${need} root: sudo tenon doctor ${leftToRoot.join(' ')}`);
}

function printChecks({ kind, ids, output }: DoctorQuestion, out: Output) {
  const selected = selectChecks(ids);
  if (output !== 'text') {
    const described = selected.map(({ id, group, title, why, needsRoot }) => ({
      id,
      group,
      title,
      why,
      needsRoot,
    }));
    out.json({ schemaVersion: 1, checks: described });
    return;
  }
  const width = Math.max(...selected.map(({ id }) => id.length));
  for (const { id, title, why, needsRoot } of selected) {
    if (kind === 'list') out.line(`${id.padEnd(width)}  ${title}`);
    else out.line(`${id}: ${title}\n\n${why}${needsRoot ? ' Only root can see it.' : ''}`);
  }
}
