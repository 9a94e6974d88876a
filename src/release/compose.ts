import { dirname, join, relative } from 'node:path';
import type { Host } from '../host/host.ts';
import { listTree } from '../setup/program.ts';
import { missingPart, notEmpty } from './errors.ts';
import { type Bundled, checkLicences } from './licences.ts';
import { formatDist } from './manifest.ts';
import { composeTexts, type Texts } from './repository.ts';
import { listBundled, packTarball } from './tarball.ts';

const PACKAGE = 'sys-apps/tenon';

/**
 * Fills the folder `out` from a checkout: a Gentoo repository in `repository/`, the release that it names in
 * `distfiles/`, and in `etc/` what makes a host use it.
 */
export async function compose(host: Host, checkout: string, out: string): Promise<void> {
  if ((await host.list(out)).length > 0) throw notEmpty(out);
  const { version } = await readPackage(host, checkout);
  const texts = composeTexts({
    overlay: await readTexts(host, join(checkout, 'overlay')),
    ebuilds: await readTexts(host, join(checkout, 'ebuilds')),
    version,
    checkout,
  });
  await checkBundled(host, checkout, texts.get(`repository/${PACKAGE}/tenon-${version}.ebuild`));
  const name = `tenon-${version}`;
  const tarball = `${name}.tar.xz`;
  const file = join(out, 'distfiles', tarball);
  await host.ensureDirectory(dirname(file));
  await packTarball(host, { checkout, file, name });
  const manifest = formatDist(tarball, (await host.readText(file)) ?? '');
  const all = new Map([...texts, [`repository/${PACKAGE}/Manifest`, manifest]]);
  for (const [path, text] of all) {
    await host.ensureDirectory(dirname(join(out, path)));
    await host.writeText(join(out, path), text, 0o644);
  }
}

async function checkBundled(host: Host, checkout: string, ebuild = ''): Promise<void> {
  const folders = await listBundled(host, checkout);
  const packages = folders.map(folder => readPackage(host, join(checkout, folder)));
  checkLicences(ebuild, await Promise.all(packages));
}

async function readPackage(host: Host, folder: string): Promise<Bundled & { version: string }> {
  const file = join(folder, 'package.json');
  const text = await host.readText(file);
  if (text === undefined) throw missingPart(file);
  const { name, version, license } = JSON.parse(text);
  return { name: String(name), version: String(version), licence: String(license) };
}

async function readTexts(host: Host, folder: string): Promise<Texts> {
  const files = await listTree(host, folder);
  if (files.length === 0) throw missingPart(folder);
  const texts = await Promise.all(
    files.map(async file => [relative(folder, file), (await host.readText(file)) ?? ''] as const),
  );
  return new Map(texts);
}
