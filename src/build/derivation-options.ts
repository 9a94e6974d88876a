import type { Derivation } from '../formats/derivation.ts';
import { badAttribute } from './errors.ts';

/** Limits on what one output may refer to and how big it may be; undefined means no limit. */
export interface OutputChecks {
  readonly allowedReferences: readonly string[] | undefined;
  readonly allowedRequisites: readonly string[] | undefined;
  readonly disallowedReferences: readonly string[];
  readonly disallowedRequisites: readonly string[];
  readonly maxSizeBytes: number | undefined;
  readonly maxClosureSizeBytes: number | undefined;
  /** Structured checks count the output itself among its requisites, the older form does not. */
  readonly requisitesIncludeSelf: boolean;
}

/** What a derivation asks of the builder, beside its environment. */
export interface DerivationOptions {
  /** The parsed `__json`, when the derivation uses structured attributes. */
  readonly structured: Readonly<Record<string, unknown>> | undefined;
  readonly noChroot: boolean;
  readonly preferLocalBuild: boolean;
  readonly requiredSystemFeatures: readonly string[];
  readonly impureEnvVars: readonly string[];
  readonly passAsFile: readonly string[];
  /** File name → the paths whose closure it describes. */
  readonly exportReferencesGraph: ReadonlyMap<string, readonly string[]>;
  readonly discardReferences: ReadonlySet<string>;
  checksOf(output: string): OutputChecks;
}

/** Reads the options from the environment, or from `__json` in structured mode (Nix: parsed-derivations.cc). */
export function derivationOptions(drv: Derivation): DerivationOptions {
  const structured = parseStructured(drv);
  return structured === undefined ? plainOptions(drv) : structuredOptions(drv, structured);
}

/** A fixed-output derivation: its output's hash is known, so it may use the network. */
export function isFixedOutput(drv: Derivation): boolean {
  const out = drv.outputs.get('out');
  return drv.outputs.size === 1 && out !== undefined && out.hash !== '' && out.hash !== 'impure';
}

function plainOptions(drv: Derivation): DerivationOptions {
  const list = (name: string) => splitWords(drv.env.get(name) ?? '');
  const optional = (name: string) => (drv.env.has(name) ? list(name) : undefined);
  const checks: OutputChecks = {
    allowedReferences: optional('allowedReferences'),
    allowedRequisites: optional('allowedRequisites'),
    disallowedReferences: list('disallowedReferences'),
    disallowedRequisites: list('disallowedRequisites'),
    maxSizeBytes: undefined,
    maxClosureSizeBytes: undefined,
    requisitesIncludeSelf: false,
  };
  return {
    structured: undefined,
    noChroot: drv.env.get('__noChroot') === '1',
    preferLocalBuild: drv.env.get('preferLocalBuild') === '1',
    requiredSystemFeatures: list('requiredSystemFeatures'),
    impureEnvVars: list('impureEnvVars'),
    passAsFile: list('passAsFile'),
    exportReferencesGraph: pairs(drv, list('exportReferencesGraph')),
    discardReferences: new Set(),
    checksOf: () => checks,
  };
}

function structuredOptions(
  drv: Derivation,
  structured: Readonly<Record<string, unknown>>,
): DerivationOptions {
  const list = (name: string) => strings(drv, name, structured[name]) ?? [];
  const perOutput = asRecord(structured.outputChecks) ?? {};
  const discard = asRecord(structured.unsafeDiscardReferences) ?? {};
  return {
    structured,
    noChroot: structured.__noChroot === true,
    preferLocalBuild: structured.preferLocalBuild === true,
    requiredSystemFeatures: list('requiredSystemFeatures'),
    impureEnvVars: list('impureEnvVars'),
    passAsFile: [],
    exportReferencesGraph: structuredGraph(drv, structured.exportReferencesGraph),
    discardReferences: new Set(Object.keys(discard).filter(name => discard[name] === true)),
    checksOf: output => structuredChecks(drv, asRecord(perOutput[output]) ?? {}),
  };
}

function structuredChecks(
  drv: Derivation,
  checks: Readonly<Record<string, unknown>>,
): OutputChecks {
  const list = (name: string) => strings(drv, name, checks[name]);
  const size = (name: string) => (typeof checks[name] === 'number' ? checks[name] : undefined);
  return {
    allowedReferences: list('allowedReferences'),
    allowedRequisites: list('allowedRequisites'),
    disallowedReferences: list('disallowedReferences') ?? [],
    disallowedRequisites: list('disallowedRequisites') ?? [],
    maxSizeBytes: size('maxSize'),
    maxClosureSizeBytes: size('maxClosureSize'),
    requisitesIncludeSelf: true,
  };
}

function structuredGraph(drv: Derivation, value: unknown): Map<string, readonly string[]> {
  const graph = asRecord(value) ?? {};
  return new Map(
    Object.entries(graph).map(([name, paths]) => [
      name,
      typeof paths === 'string' ? [paths] : (strings(drv, 'exportReferencesGraph', paths) ?? []),
    ]),
  );
}

/** The plain form names files and paths in turn. */
function pairs(drv: Derivation, words: readonly string[]): Map<string, readonly string[]> {
  if (words.length % 2 !== 0)
    throw badAttribute(drv.name, 'odd number of words in "exportReferencesGraph"');
  const graph = new Map<string, readonly string[]>();
  for (let index = 0; index < words.length; index += 2)
    graph.set(words[index] ?? '', [words[index + 1] ?? '']);
  return graph;
}

function parseStructured(drv: Derivation): Readonly<Record<string, unknown>> | undefined {
  const json = drv.env.get('__json');
  if (json === undefined) return undefined;
  try {
    const parsed = asRecord(JSON.parse(Buffer.from(json, 'latin1').toString('utf8')));
    if (parsed !== undefined) return parsed;
  } catch (error) {
    throw badAttribute(drv.name, `"__json" does not parse: ${String(error)}`);
  }
  throw badAttribute(drv.name, '"__json" is not an object');
}

function strings(drv: Derivation, name: string, value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every(item => typeof item === 'string'))
    throw badAttribute(drv.name, `"${name}" is not a list of strings`);
  return value;
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function splitWords(text: string): string[] {
  return text.split(/[ \t\n\r]+/).filter(word => word !== '');
}
