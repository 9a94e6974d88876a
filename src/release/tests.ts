import { join, relative } from 'node:path';
import type { Host } from '../host/host.ts';
import { listTree } from '../setup/program.ts';
import { missingPart } from './errors.ts';

/** A file of a checkout, and its place in the release. */
export interface Packed {
  readonly from: string;
  readonly to: string;
}

/** Those with tests that need neither root nor a network nor namespaces, and what these use. */
const FOLDERS = [
  ...['base', 'config', 'doctor', 'env', 'formats', 'protocol', 'store', 'ui'],
  ...['fixtures', 'golden', 'support'],
];

/** They ask a stock Nix, need root, start Jest, or start programs in /dev/shm, which Gentoo mounts noexec. */
const LEFT_OUT =
  /\/(?:formats\/stock-nix|store\/collection|store\/trees\/as-user|env\/(?:check|hook|portage))\.test\.ts$/u;

/** Jest itself is not among them: its resolver is machine code. */
const PACKAGES = ['expect', 'fast-check', 'jest-each'];

/** The tests that an ebuild can run, with the packages that only they import in a folder of their own. */
export async function listTests(host: Host, checkout: string): Promise<readonly Packed[]> {
  const packages = await listTestPackages(host, checkout);
  const parts = [...FOLDERS.map(folder => `test/${folder}`), ...packages];
  const trees = await Promise.all(parts.map(part => listTree(host, join(checkout, part))));
  return trees
    .flat()
    .map(path => relative(checkout, path))
    .filter(path => !LEFT_OUT.test(path))
    .map(path => ({ from: path, to: path.replace(/^node_modules\//u, 'test/node_modules/') }));
}

interface Lock {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The folders of the packages and of all that they need, less those that the program has itself. */
async function listTestPackages(host: Host, checkout: string): Promise<readonly string[]> {
  const file = join(checkout, 'node_modules/.package-lock.json');
  const text = await host.readText(file);
  if (text === undefined) throw missingPart(file);
  const { packages } = JSON.parse(text) as Lock;
  const found = new Set<string>();
  const add = (path: string): void => {
    const locked = packages[path];
    if (locked === undefined) throw missingPart(join(checkout, path));
    if (locked.dev !== true || found.has(path) || path.includes('/@types/')) return;
    found.add(path);
    for (const name of Object.keys(locked.dependencies ?? {})) add(resolve(packages, path, name));
  };
  for (const name of PACKAGES) add(`node_modules/${name}`);
  return [...found].filter(path => !isBelowAnother(path, found)).toSorted();
}

/** Where the package in the folder `from` finds another one, as Node does. */
function resolve(packages: Lock['packages'], from: string, name: string): string {
  const nested = `${from}/node_modules/${name}`;
  if (from === '' || packages[nested] !== undefined) return nested.replace(/^\//u, '');
  return resolve(packages, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), name);
}

function isBelowAnother(path: string, all: ReadonlySet<string>): boolean {
  return [...all].some(other => path.startsWith(`${other}/`));
}
