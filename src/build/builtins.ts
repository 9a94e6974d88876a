import { fileURLToPath } from 'node:url';
import { CA_BUNDLE } from '../config/ca-bundles.ts';
import type { Derivation } from '../formats/derivation.ts';
import { readSmallFile } from '../host/store-files.ts';
import type { BuilderEnvironment } from './environment.ts';
import { unknownBuiltin } from './errors.ts';
import type { Bind } from './sandbox-spec.ts';

const PROGRAM_BYTES_MAX = 64 << 10;
/** Their texts, because the files may be another version's by the time somebody needs them. */
const PROGRAMS: ReadonlyMap<string, string> = new Map([
  ['builtin:fetchurl', programText(new URL('./fetchurl-program.ts', import.meta.url))],
  ['builtin:buildenv', programText(new URL('./buildenv-program.ts', import.meta.url))],
]);
const NODE_INSIDE = '/.tenon/node';
/** Where the shared libraries of the daemon's own Node may be. */
const LIBRARY_DIRS = ['/lib', '/lib64', '/usr/lib', '/usr/lib64'];

/** A builder that comes with the daemon: what to run, and what of the host it needs to see. */
export interface BuiltinProgram {
  readonly environment: BuilderEnvironment;
  readonly binds: readonly Bind[];
}

interface BuiltinPlace {
  readonly environment: BuilderEnvironment;
  readonly sealed: boolean;
  /** Where the host has its certificates. */
  readonly caBundle: string;
}

/** Nix's own builders are programs of this one's, which run as any builder does: in the sandbox, as a build user. */
export function builtinProgram(
  drvPath: string,
  drv: Derivation,
  { environment, sealed, caBundle }: BuiltinPlace,
): BuiltinProgram {
  const program = PROGRAMS.get(drv.builder);
  if (program === undefined) throw unknownBuiltin(drvPath, drv.builder);
  const node = sealed ? NODE_INSIDE : process.execPath;
  const args = ['--input-type=module-typescript', '--eval', program];
  const env = new Map([
    ...environment.env,
    ['NODE_EXTRA_CA_CERTS', sealed ? CA_BUNDLE : caBundle],
    ['NODE_NO_WARNINGS', '1'],
    ['NODE_USE_ENV_PROXY', '1'],
  ]);
  const files = [
    { source: process.execPath, target: NODE_INSIDE, optional: false },
    ...LIBRARY_DIRS.map(path => ({ source: path, target: path, optional: true })),
  ];
  return {
    environment: { ...environment, env, builder: node, args },
    binds: files.map(file => ({ ...file, readOnly: true })),
  };
}

function programText(file: URL): string {
  return readSmallFile(fileURLToPath(file), PROGRAM_BYTES_MAX) ?? '';
}
