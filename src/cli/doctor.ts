import { checks } from '../../checks/index.ts';
import { storeLayout } from '../config/layout.ts';
import type { CheckResult } from '../doctor/run.ts';
import { runChecks } from '../doctor/run.ts';
import { createHost } from '../host/host.ts';
import { usersOf } from '../setup/settings.ts';
import type { Output } from '../ui/output.ts';
import { printReport, printSummary } from '../ui/report.ts';
import { CHECK_TIMEOUT_MS, createCheckContext } from './check-context.ts';
import type { CommandContext } from './command.ts';
import { defineCommand, parseFlags } from './command.ts';
import { usageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';
import { loadNixSettings } from './nix-settings.ts';
import { loadSetupSettings } from './setup-settings.ts';
import { readVersion } from './version.ts';

interface Options {
  readonly kind: 'run' | 'list' | 'explain';
  readonly ids: readonly string[];
  readonly json: boolean;
}

interface Report {
  readonly schemaVersion: 1;
  readonly tool: string;
  readonly host: { readonly distro: string; readonly init: string };
  readonly checks: readonly CheckResult[];
  readonly summary: Readonly<Record<CheckResult['status'], number>>;
  readonly exitCode: number;
}

const USAGE = [
  'tenon doctor [--json] [--list] [--explain ID] [ID or GROUP …]',
  '',
  '  ID …           only these checks, or the checks of these groups',
  '  --list         name the checks, run none',
  '  --explain ID   why a check is there',
  '  --json         one JSON document instead of text',
].join('\n');

export const doctor = defineCommand<Options, Report | undefined>({
  name: 'doctor',
  summary: 'Check this host and explain what is wrong; changes nothing. Exit 1 when something is.',
  usage: USAGE,
  parse: parseOptions,

  run: async (context, options) =>
    options.kind === 'run' ? await examine(context, options) : undefined,

  render(report, out, { kind, ids, json }) {
    if (report !== undefined) {
      if (json) out.json(report);
      else printAll(report, out);
      return;
    }
    for (const { id, title, why } of selectChecks(ids))
      out.line(kind === 'list' ? `${id.padEnd(20)} ${title}` : `${id}: ${title}\n\n${why}`);
  },

  exitCode: report => report?.exitCode ?? exitCodes.done,
});

function parseOptions(argv: readonly string[]): Options {
  const { flags, names } = parseFlags('doctor', argv, {
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    explain: { type: 'string' },
  });
  const { json, list, explain } = flags;
  const ids = explain === undefined ? names : [explain];
  selectChecks(ids);
  if (explain !== undefined) return { kind: 'explain', ids, json };
  return { kind: list ? 'list' : 'run', ids, json };
}

function selectChecks(ids: readonly string[]) {
  const unknown = ids.find(id => !checks.some(check => check.id === id || check.group === id));
  if (unknown !== undefined)
    throw usageError(`Cannot run tenon doctor: there is no check "${unknown}"`, 'doctor');
  return checks.filter(
    ({ id, group }) => ids.length === 0 || ids.includes(id) || ids.includes(group),
  );
}

async function examine({ env, signal }: CommandContext, { ids }: Options): Promise<Report> {
  const host = createHost('/');
  const layout = storeLayout(env);
  const { settings } = loadNixSettings(layout, {}, true);
  const users = usersOf(await loadSetupSettings(host, { flags: {}, env: {}, detected: {} }));
  const context = createCheckContext({ host, layout, settings, users, env, signal });
  const now = () => performance.now();
  const options = { signal, timeoutMs: CHECK_TIMEOUT_MS, now, isRoot: context.uid === 0 };
  const results = await runChecks(selectChecks(ids), context, options);
  const summary = countStatuses(results);
  return {
    schemaVersion: 1,
    tool: await readVersion(),
    host: { distro: (await host.readDistro()).id, init: await host.findInit() },
    checks: results,
    summary,
    exitCode: summary.error + summary.crash > 0 ? exitCodes.found : exitCodes.done,
  };
}

function countStatuses(results: readonly CheckResult[]): Report['summary'] {
  const count = (wanted: CheckResult['status']) =>
    results.filter(({ status }) => status === wanted).length;
  return {
    pass: count('pass'),
    hint: count('hint'),
    warn: count('warn'),
    error: count('error'),
    skip: count('skip'),
    crash: count('crash'),
  };
}

function printAll({ tool, host, checks: results }: Report, out: Output): void {
  out.line(
    `${out.paint('bold', 'tenon doctor')}  ·  ${host.distro} (${host.init})  ·  tenon ${tool}\n`,
  );
  printReport(results, out);
  out.line();
  printSummary(results, out);
}
