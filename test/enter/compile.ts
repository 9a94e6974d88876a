import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const sources = join(import.meta.dirname, '../../src/enter');
const built = join(import.meta.dirname, '../../build/test');

/** The helper as it is in this checkout; compiled once per state of its sources. */
export function compileEnter(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(sources).sort()) hash.update(readFileSync(join(sources, name)));
  const output = join(built, `enter-${hash.digest('hex').slice(0, 16)}`);
  if (!existsSync(output)) execFileSync(join(sources, 'compile'), [output]);
  return output;
}

/** A static program from one C file of this folder. */
export function compileProgram(name: string, flags: readonly string[] = ['-static']): string {
  const source = join(import.meta.dirname, name);
  const hash = createHash('sha256').update(flags.join(' ')).update(readFileSync(source));
  const output = join(built, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(output)) return output;
  mkdirSync(built, { recursive: true });
  const temporary = `${output}.${process.pid}`;
  execFileSync('cc', ['-O1', '-Wall', '-Wextra', ...flags, '-o', temporary, source]);
  renameSync(temporary, output);
  return output;
}
