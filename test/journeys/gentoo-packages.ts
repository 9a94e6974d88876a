import { mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkoutInMachine, type Machine } from '../support/machine.ts';
import {
  addVersion,
  buildImage,
  checkout,
  composeRelease,
  removeFolder,
} from '../support/portage.ts';

/** Packages that are built, and a machine that takes them as a Gentoo host does: by the phase runner. */
export interface Packages extends Disposable {
  readonly version: string;
  readonly later: string;
  /** In the machines, which have the checkout. */
  readonly folder: string;
}

const USE = ['etc-profile'];
const pms = `${checkoutInMachine}/test/support/pms/pms`;

export async function buildPackages(): Promise<Packages> {
  const folder = mkdtempSync(join(checkout, 'build/gentoo-'));
  const release = await composeRelease(join(folder, 'out'));
  const later = '99.1.0';
  addVersion(release, later, 'true');
  for (const version of [release.version, later])
    await buildImage(release, { version, use: USE }, join(folder, `work-${version}`));
  return {
    version: release.version,
    later,
    folder: join(checkoutInMachine, 'build', basename(folder)),
    [Symbol.dispose]: () => removeFolder(folder),
  };
}

/** Node where a dependency would put it, folders that others keep, and an emerge that must not be needed. */
export async function prepareHost(machine: Machine): Promise<void> {
  await machine.output(['touch', '/etc/profile.d/.keep', '/usr/share/doc/.keep']);
  await machine.output([
    'ln',
    '-s',
    `${checkoutInMachine}/node_modules/node/bin/node`,
    '/usr/bin/node',
  ]);
  for (const program of ['emerge', 'portageq'])
    await machine.put(
      `/usr/bin/${program}`,
      '#!/bin/sh\necho "not to be run: $0 $*" >&2\nexit 99\n',
    );
  await machine.output(['chmod', '755', '/usr/bin/emerge', '/usr/bin/portageq']);
}

/** The group and the users that the package depends on by default. */
export async function installAccounts(machine: Machine, { folder }: Packages): Promise<void> {
  const users = Array.from({ length: 4 }, (_, index) => `nixbld${index + 1}`);
  const ebuilds = [
    'acct-group/nixbld/nixbld-0.ebuild',
    ...users.map(user => `acct-user/${user}/${user}-1.ebuild`),
  ];
  for (const ebuild of ebuilds) {
    const work = `/tmp/${basename(ebuild)}`;
    await machine.output([pms, 'build', join(folder, 'out/repository', ebuild), work]);
    await machine.output([pms, 'install', work]);
    await machine.output([pms, 'merge', work]);
  }
}

export async function installTenon(
  machine: Machine,
  { folder }: Packages,
  version: string,
): Promise<string> {
  const work = `/tmp/work-${version}`;
  await machine.output(['cp', '-r', join(folder, `work-${version}`), work]);
  const said = await machine.output([pms, 'merge', work], { env: { USE: USE.join(' ') } });
  await machine.output(['rm', '-r', work]);
  return said;
}

export async function remove(machine: Machine, name: string): Promise<string> {
  return await machine.output([pms, 'unmerge', name]);
}
