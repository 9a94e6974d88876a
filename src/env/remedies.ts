import type { EnvironmentReport, ReportedFinding } from './check.ts';
import type { Change } from './clean.ts';
import { culpritText } from './culprit.ts';
import { fates } from './portage.ts';
import { mayBeUnset } from './variables.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/u;

/** The names that ENV_UNSET would keep from builds, sorted. */
export function namesForEnvUnset(findings: readonly ReportedFinding[]): readonly string[] {
  const names = findings
    .filter(({ fate, severity }) => fate === 'reaches' && severity !== 'hint')
    .map(({ variable }) => variable);
  return [...new Set(names)].filter(mayBeUnset).sort();
}

/** The command that keeps what was found from every emerge; undefined where ENV_UNSET cannot. */
export function makeConfCommand(
  findings: readonly ReportedFinding[],
): readonly string[] | undefined {
  const names = namesForEnvUnset(findings);
  return names.length === 0 ? undefined : ['tenon', 'env', 'fix', '--make-conf', ...names];
}

/** Lines for `eval` in a POSIX shell. A name that no shell can set is left to the shell it came from. */
export function shellCode(changes: readonly Change[]): readonly string[] {
  return changes.flatMap(({ name, value }) => {
    const [, exported] = /^BASH_FUNC_([A-Za-z_][A-Za-z0-9_]*)%%$/u.exec(name) ?? [];
    if (exported !== undefined) return [`unset -f ${exported}`];
    if (!NAME.test(name)) return [];
    return [value === undefined ? `unset ${name}` : `export ${name}=${quote(value)}`];
  });
}

function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

const PARTS_REPORTED = 5;

/** A text for Gentoo's bug tracker: which variables Portage lets through, with what in them. */
export function trackerText({ portage, findings }: EnvironmentReport, host: HostWords): string {
  const reaching = findings.filter(({ fate }) => fate === 'reaches' || fate === 'whitelisted');
  const names = namesForEnvUnset(reaching);
  return [
    'Summary: variables with files of another package manager reach ebuilds',
    '',
    `Portage: ${portage.version ?? 'unknown'}   Profile: ${host.profile}   System: ${host.system}`,
    `ENV_UNSET was learned from ${portage.unsetOrigin === 'portageq' ? 'portageq' : 'a table, not from this host'}.`,
    '',
    'Variables that Portage hands to ebuilds, and the foreign part of each:',
    ...reaching.flatMap(describe),
    '',
    ...(names.length === 0
      ? ['None of them can be stopped by ENV_UNSET.']
      : ['Not in the ENV_UNSET of the profile so far:', `  ENV_UNSET="${names.join(' ')}"`]),
  ].join('\n');
}

/** How the host is called in a report. */
export interface HostWords {
  readonly profile: string;
  readonly system: string;
}

function describe({ variable, parts, fate, culprit }: ReportedFinding): readonly string[] {
  return [
    `- ${variable}: ${fates[fate]}`,
    ...parts.slice(0, PARTS_REPORTED).map(({ text, target }) => `    ${target ?? text}`),
    ...(culprit === null ? [] : [`    from ${culpritText(culprit)}`]),
  ];
}
