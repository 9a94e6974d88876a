import type { EnvironmentReport, ReportedFinding } from '../env/check.ts';
import { culpritText } from '../env/culprit.ts';
import { isAtLeast } from '../env/findings.ts';
import { fates } from '../env/portage.ts';
import { makeConfCommand } from '../env/remedies.ts';
import { classes, type VariableClass } from '../env/variables.ts';
import { type Check, defineCheck, type Fix } from './check.ts';
import type { CheckContext } from './context.ts';

interface PoisonTexts {
  readonly kind: VariableClass;
  readonly title: string;
  readonly why: string;
}

interface Found {
  readonly hasPortage: boolean;
  readonly findings: readonly ReportedFinding[];
}

/** The check for one class of variables; "tenon env check" shows the same findings, and the harmless ones. */
export function definePoisonCheck({ kind, title, why }: PoisonTexts): Check<CheckContext> {
  return defineCheck<CheckContext, Found>({
    id: `env.poison.${kind}`,
    group: 'env',
    title,
    why,
    severity: ({ findings }) =>
      findings.some(({ severity }) => severity === 'error') ? 'error' : 'warn',

    async probe({ readEnvironment }) {
      const report: EnvironmentReport = await readEnvironment();
      const findings = report.findings.filter(
        finding => finding.class === kind && isAtLeast(finding.severity, 'warn'),
      );
      if (findings.length === 0) return undefined;
      return { findings, hasPortage: report.portage.isPresent };
    },

    explain: ({ findings, hasPortage }) => ({
      summary: `variables lead to files of a store: ${classes[kind].what}`,
      evidence: findings.slice(0, SHOWN).map(finding => ({
        source: `${finding.variable} (${finding.source})`,
        value: seenValue(finding, hasPortage),
      })),
      cause: causeOf(findings),
    }),

    fixes: fixesFor,
  });
}

const SHOWN = 8;
const CHARACTERS = 160;

function causeOf(findings: readonly ReportedFinding[]): string {
  const culprits = findings.flatMap(({ culprit }) =>
    culprit === null ? [] : [culpritText(culprit)],
  );
  const files = findings.filter(({ culprit }) => culprit === null).map(({ source }) => source);
  return [...new Set([...culprits, ...files.map(file => `${file} sets it`)])].join('; ');
}

function seenValue({ parts, fate }: ReportedFinding, hasPortage: boolean): string {
  const text = parts[0]?.text.slice(0, CHARACTERS) ?? '';
  return hasPortage ? `${text}; in emerge: ${fates[fate]}` : text;
}

function fixesFor({ findings, hasPortage }: Found): readonly Fix[] {
  const everyEmerge = hasPortage ? makeConfCommand(findings) : undefined;
  const once: Fix = {
    id: 'clean-command',
    class: 'C',
    description:
      'run a command without them; this shell loses them by: eval "$(tenon env fix --shell)"',
    commands: [['tenon', 'env', 'exec', '--clean', '--', hasPortage ? 'emerge' : 'COMMAND']],
    reversible: true,
    needsRoot: false,
  };
  if (everyEmerge === undefined) return [once];
  const always: Fix = {
    id: 'env-unset',
    class: 'C',
    description: 'have Portage take them out of every build',
    commands: [everyEmerge],
    reversible: true,
    needsRoot: true,
  };
  return [once, always];
}
