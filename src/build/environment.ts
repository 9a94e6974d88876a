import { noHome } from '../config/layout.ts';
import { type Derivation, outputPlaceholder } from '../formats/derivation.ts';
import { hashBytes } from '../formats/hash.ts';
import { encodeNix32 } from '../formats/nix32.ts';
import { structuredFiles } from '../formats/structured-attributes.ts';
import type { DerivationOptions } from './derivation-options.ts';
import { isFixedOutput } from './derivation-options.ts';

const NO_PATH = '/path-not-set';
const STRUCTURED = '__json';

/** What the environment depends on beside the derivation. */
export interface EnvironmentContext {
  readonly storeDir: string;
  readonly cores: number;
  /** The build directory as the builder sees it. */
  readonly buildDir: string;
  /** The daemon's own environment, for `impureEnvVars` of fixed outputs. */
  readonly daemonEnv: Readonly<Record<string, string | undefined>>;
  /** Texts of `exportReferencesGraph`, by file name. */
  readonly graphs: ReadonlyMap<string, string>;
  /** The same for structured attributes: key → description of the closure. */
  readonly structuredGraphs: ReadonlyMap<string, unknown>;
}

/** A builder's environment and arguments, and the files that must stand in its build directory. */
export interface BuilderEnvironment {
  readonly env: ReadonlyMap<string, string>;
  readonly args: readonly string[];
  readonly builder: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Builds the environment in Nix's order, where later entries win (Nix: local-derivation-goal.cc, initEnv). */
export function builderEnvironment(
  drv: Derivation,
  options: DerivationOptions,
  context: EnvironmentContext,
): BuilderEnvironment {
  const rewrite = placeholderRewriter(drv);
  const files = new Map<string, string>(context.graphs);
  const env = new Map([
    ['PATH', NO_PATH],
    ['HOME', noHome],
    ['NIX_STORE', context.storeDir],
    ['NIX_BUILD_CORES', String(context.cores)],
    ...(options.structured === undefined
      ? plainAttributes(drv, options, context, files)
      : structuredAttributes(drv, context, files)),
    ...buildDirVariables(context.buildDir),
    ...fixedOutputVariables(drv, options, context),
    ['NIX_LOG_FD', '2'],
    ['TERM', 'xterm-256color'],
  ]);
  return {
    env: new Map([...env].map(([name, value]) => [rewrite(name), rewrite(value)])),
    args: drv.args.map(rewrite),
    builder: rewrite(drv.builder),
    files: new Map([...files].map(([name, text]) => [name, rewrite(text)])),
  };
}

function plainAttributes(
  drv: Derivation,
  options: DerivationOptions,
  context: EnvironmentContext,
  files: Map<string, string>,
): [string, string][] {
  const toFile = new Set(options.passAsFile);
  return [...drv.env].map(([name, value]) => {
    if (!toFile.has(name)) return [name, value];
    const file = `.attr-${encodeNix32(hashBytes('sha256', name).digest)}`;
    files.set(file, value);
    return [`${name}Path`, `${context.buildDir}/${file}`];
  });
}

function structuredAttributes(
  drv: Derivation,
  context: EnvironmentContext,
  files: Map<string, string>,
): [string, string][] {
  const outputs = Object.fromEntries([...drv.outputs].map(([name, { path }]) => [name, path]));
  const graphs = Object.fromEntries(context.structuredGraphs);
  const { json, sh } = structuredFiles(drv.env.get(STRUCTURED) ?? '{}', { ...graphs, outputs });
  files.set('.attrs.json', json);
  files.set('.attrs.sh', sh);
  return [
    ['NIX_ATTRS_JSON_FILE', `${context.buildDir}/.attrs.json`],
    ['NIX_ATTRS_SH_FILE', `${context.buildDir}/.attrs.sh`],
  ];
}

function buildDirVariables(buildDir: string): [string, string][] {
  return ['NIX_BUILD_TOP', 'TMPDIR', 'TEMPDIR', 'TMP', 'TEMP', 'PWD'].map(name => [name, buildDir]);
}

function fixedOutputVariables(
  drv: Derivation,
  options: DerivationOptions,
  context: EnvironmentContext,
): [string, string][] {
  if (!isFixedOutput(drv)) return [];
  const impure = options.impureEnvVars.map((name): [string, string] => [
    name,
    context.daemonEnv[name] ?? '',
  ]);
  return [['NIX_OUTPUT_CHECKED', '1'], ...impure];
}

/** Replaces each `placeholder(output)` by the output's path. */
function placeholderRewriter(drv: Derivation): (text: string) => string {
  const rewrites = [...drv.outputs].map(([name, { path }]) => ({
    from: outputPlaceholder(name),
    to: path ?? '',
  }));
  return text =>
    text.length < (rewrites[0]?.from.length ?? 0)
      ? text
      : rewrites.reduce((result, { from, to }) => result.replaceAll(from, to), text);
}
