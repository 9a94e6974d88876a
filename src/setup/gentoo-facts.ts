import { join } from 'node:path';
import { createFiles } from '../host/files.ts';
import type { Host } from '../host/host.ts';

/** What Portage has to do with tenon on a Gentoo host. */
export interface GentooFacts {
  readonly isInstalled: boolean;
  /** What is left to say to Portage so that it can install the package; undefined when it knows where to find it. */
  readonly introduction: Introduction | undefined;
}

export interface Introduction {
  /** Where files that are fetched belong. */
  readonly distDir: string;
  readonly files: readonly PortageFile[];
}

/** A part of `/etc/portage`, which a user may have as one file, or as a folder with any number of them. */
export interface PortageFile {
  readonly path: string;
  readonly name: string;
  readonly form: 'file' | 'folder';
  readonly text: string;
}

const EMERGE = '/usr/bin/emerge';
const INSTALLED = '/var/db/pkg/sys-apps';
const PARTS = [
  { path: '/etc/portage/repos.conf', name: 'tenon.conf' },
  { path: '/etc/portage/package.accept_keywords', name: 'tenon' },
];

/** Undefined on any other host. `program` is the program's folder on the running machine. */
export async function readGentooFacts(
  host: Host,
  program: string,
): Promise<GentooFacts | undefined> {
  if ((await host.look(EMERGE)) === undefined) return undefined;
  const isInstalled = await isPackageInstalled(host);
  if (isInstalled || (await findRepository(host)) !== undefined)
    return { isInstalled, introduction: undefined };
  const distDir = (await askPortage(host, ['distdir'])) ?? '/var/cache/distfiles';
  const files = await Promise.all(PARTS.map(part => readPart(host, program, part)));
  return { isInstalled, introduction: { distDir, files } };
}

export async function isPackageInstalled(host: Host): Promise<boolean> {
  return (await listInstalled(host)).length > 0;
}

/** All paths that Portage counts to the package; none where it did not install it. */
export async function listPackagePaths(host: Host): Promise<readonly string[]> {
  const contents = (await listInstalled(host)).map(name =>
    host.readText(join(INSTALLED, name, 'CONTENTS')),
  );
  const lines = (await Promise.all(contents)).join('').matchAll(CONTENTS_LINE);
  return [...lines].map(([, path = '']) => path);
}

/** `dir PATH`, `obj PATH MD5 TIME`, `sym PATH -> TARGET TIME`; no path of ours has a blank. */
const CONTENTS_LINE = /^(?:dir|obj|sym) (\S+)/gmu;

async function listInstalled(host: Host): Promise<readonly string[]> {
  return (await host.list(INSTALLED)).filter(name => /^tenon-\d/u.test(name));
}

async function findRepository(host: Host): Promise<string | undefined> {
  return await askPortage(host, ['get_repo_path', host.root, 'tenon']);
}

async function askPortage(host: Host, question: readonly string[]): Promise<string | undefined> {
  const env = host.root === '/' ? {} : { ROOT: host.root, PORTAGE_CONFIGROOT: host.root };
  const { stdout } = await host.run(['portageq', ...question], { env, accept: [0, 1] });
  return stdout.trim() || undefined;
}

async function readPart(
  host: Host,
  program: string,
  { path, name }: Pick<PortageFile, 'path' | 'name'>,
): Promise<PortageFile> {
  const text = await createFiles('/').readText(join(program, 'overlay', path, name));
  const form = (await host.look(path))?.kind === 'file' ? 'file' : 'folder';
  return { path, name, form, text: text ?? '' };
}
