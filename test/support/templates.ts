import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFile } from './lock-file.ts';
import { type Init, type Recipe, recipeFor, type Suite } from './machine-recipes.ts';
import { runProgram } from './run-program.ts';

/** Outside the repository, so that a fresh clone finds what an earlier one built. */
export const templatesDir = process.env.TENON_TEMPLATES ?? '/var/tmp/tenon-templates';

const buildLimitMs = 10 * 60_000;

/**
 * The tar file of a machine's root file system, built by mmdebstrap when it is not there yet. It is a
 * file and not a folder: old setuid programs in a folder would be at hand for every user of the host, and
 * what cleans /var/tmp by age takes a file as a whole.
 */
export async function ensureTemplate(init: Init, suite: Suite = 'trixie'): Promise<string> {
  const recipe = recipeFor(init, suite);
  const file = join(templatesDir, `${recipe.name}-${digestOf(recipe)}.tar`);
  if (existsSync(file)) return file;
  await mkdir(templatesDir, { recursive: true });
  await using _lock = await lockFile(join(templatesDir, `${recipe.name}.lock`));
  if (!existsSync(file)) await build(recipe, file);
  return file;
}

async function build(recipe: Recipe, file: string): Promise<void> {
  process.stderr.write(`Building the ${recipe.name} template, once: ${file}\n`);
  const unfinished = `${file}.unfinished`;
  const { code, stderr } = await runProgram(
    ['mmdebstrap', ...options(recipe), recipe.suite, unfinished, ...(await sourcesOf(recipe))],
    { timeoutMs: buildLimitMs },
  );
  if (code !== 0) throw new Error(`Cannot build the ${recipe.name} template:\n${stderr}`);
  await rename(unfinished, file);
}

function options(recipe: Recipe): readonly string[] {
  const unwanted = ['man', 'doc', 'locale'];
  return [
    '--quiet',
    '--format=tar',
    '--variant=minbase',
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--dpkgopt=force-unsafe-io',
    ...unwanted.map(folder => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
    `--include=${recipe.packages.join(',')}`,
    ...recipe.finish.map(line => `--customize-hook=${line}`),
  ];
}

async function sourcesOf({ suite, clientSuite }: Recipe): Promise<readonly string[]> {
  const mirror = await findMirror();
  const suites = clientSuite ? [suite, clientSuite] : [suite];
  return suites.map(name => `deb ${mirror} ${name} main`);
}

/** The first mirror that this host's own apt uses, in either of the two formats it reads. */
async function findMirror(): Promise<string> {
  const deb822 = await textOf('/etc/apt/sources.list.d/debian.sources');
  const classic = await textOf('/etc/apt/sources.list');
  const found = /^URIs:\s*(\S+)/m.exec(deb822) ?? /^deb\s+(?:\[.*?\]\s*)?(\S+)/m.exec(classic);
  if (found?.[1] === undefined) throw new Error('Cannot find a Debian mirror in /etc/apt');
  return found[1];
}

function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

function digestOf(recipe: Recipe): string {
  const made = JSON.stringify([recipe.suite, recipe.clientSuite, options(recipe)]);
  return createHash('sha256').update(made).digest('hex').slice(0, 12);
}
