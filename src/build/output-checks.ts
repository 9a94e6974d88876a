import { dirname } from 'node:path';
import type { StorePath } from '../formats/store-path.ts';
import type { OutputChecks } from './derivation-options.ts';
import { forbiddenReferences, illegalReference, tooLarge } from './errors.ts';

/** An output that a build has produced, before it is registered. */
export interface ProducedOutput {
  readonly name: string;
  readonly path: StorePath;
  readonly narSizeBytes: number;
  readonly references: readonly StorePath[];
}

interface Member {
  readonly path: StorePath;
  readonly narSizeBytes: number;
}

/** All outputs of the build, and the closure of paths that are valid already. */
export interface OutputContext {
  readonly outputs: readonly ProducedOutput[];
  readonly closureOf: (paths: readonly StorePath[]) => readonly Member[];
}

/** Throws when `output` refers to something that its derivation forbids, or is too big. */
export function checkOutput(
  output: ProducedOutput,
  checks: OutputChecks,
  context: OutputContext,
): void {
  const resolve = (names: readonly string[]): ReadonlySet<string> =>
    new Set(names.map(name => resolveName(output, name, context)));
  const refuse = (found: readonly StorePath[], allowed: readonly string[] | undefined) => {
    const limit = allowed === undefined ? undefined : resolve(allowed);
    refuseIfAny(output, found, path => limit !== undefined && !limit.has(path));
  };
  const refuseListed = (found: readonly StorePath[], disallowed: readonly string[]) => {
    const listed = resolve(disallowed);
    refuseIfAny(output, found, path => listed.has(path));
  };
  refuse(output.references, checks.allowedReferences);
  refuseListed(output.references, checks.disallowedReferences);
  if (!needsClosure(checks)) return;
  const closure = requisitesOf(output, context);
  const requisites = closure
    .map(member => member.path)
    .filter(path => checks.requisitesIncludeSelf || path !== output.path);
  refuse(requisites, checks.allowedRequisites);
  refuseListed(requisites, checks.disallowedRequisites);
  checkSizes(output, checks, closure);
}

/** The path that a check names, by itself or as an output of the derivation. */
function resolveName(output: ProducedOutput, name: string, { outputs }: OutputContext): string {
  const own = outputs.find(other => other.name === name);
  if (own !== undefined) return own.path;
  if (name.startsWith(`${dirname(output.path)}/`)) return name;
  throw illegalReference(output.name, name);
}

function refuseIfAny(
  output: ProducedOutput,
  found: readonly StorePath[],
  isForbidden: (path: StorePath) => boolean,
): void {
  const forbidden = found.filter(isForbidden);
  if (forbidden.length > 0) throw forbiddenReferences(output.path, forbidden);
}

function needsClosure(checks: OutputChecks): boolean {
  return (
    checks.allowedRequisites !== undefined ||
    checks.disallowedRequisites.length > 0 ||
    checks.maxSizeBytes !== undefined ||
    checks.maxClosureSizeBytes !== undefined
  );
}

/** The closure of an output that is not valid yet, through its sibling outputs. */
function requisitesOf(output: ProducedOutput, { outputs, closureOf }: OutputContext): Member[] {
  const produced = new Map(outputs.map(other => [other.path, other]));
  const found = new Map<StorePath, Member>();
  const queue = [output.path];
  const valid = new Set<StorePath>();
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const sibling = produced.get(path);
    if (sibling === undefined) valid.add(path);
    else if (!found.has(path)) {
      found.set(path, sibling);
      queue.push(...sibling.references);
    }
  }
  for (const member of closureOf([...valid])) found.set(member.path, member);
  return [...found.values()];
}

function checkSizes(
  output: ProducedOutput,
  { maxSizeBytes, maxClosureSizeBytes }: OutputChecks,
  closure: readonly Member[],
): void {
  if (maxSizeBytes !== undefined && output.narSizeBytes > maxSizeBytes)
    throw tooLarge(`path '${output.path}'`, {
      sizeBytes: output.narSizeBytes,
      maxBytes: maxSizeBytes,
    });
  const sizeBytes = closure.reduce((sum, member) => sum + member.narSizeBytes, 0);
  if (maxClosureSizeBytes !== undefined && sizeBytes > maxClosureSizeBytes)
    throw tooLarge(`closure of path '${output.path}'`, {
      sizeBytes,
      maxBytes: maxClosureSizeBytes,
    });
}
