import fc from 'fast-check';
import { byteStringOf } from '../../src/formats/byte-string.ts';
import type { Derivation } from '../../src/formats/derivation.ts';
import type { Hash, HashAlgorithm } from '../../src/formats/hash.ts';
import type { NarVisitor } from '../../src/formats/nar.ts';
import { encodeNix32 } from '../../src/formats/nix32.ts';
import { parseStorePath, type StorePath } from '../../src/formats/store-path.ts';
import { STORE_DIR } from './feed.ts';

export const anyBytes = (maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ maxLength });

/** Any bytes as a byte string, zeroes and invalid UTF-8 included. */
export const anyByteString: fc.Arbitrary<string> = anyBytes(40).map(byteStringOf);

const digestSizes: Readonly<Record<HashAlgorithm, number>> = {
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha512: 64,
};

const digestOf = (size: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: size, maxLength: size });

export const hashOf = (algorithm: HashAlgorithm): fc.Arbitrary<Hash> =>
  digestOf(digestSizes[algorithm]).map(digest => ({ algorithm, digest }));

export const anyHash: fc.Arbitrary<Hash> = fc
  .constantFrom<HashAlgorithm>('md5', 'sha1', 'sha256', 'sha512')
  .chain(hashOf);

export const anyName: fc.Arbitrary<string> = fc
  .stringMatching(/^[0-9a-zA-Z+._?=-]{1,40}$/)
  .filter(name => !/^\.\.?(-|$)/.test(name));

export const anyStorePath: fc.Arbitrary<StorePath> = fc
  .tuple(digestOf(20), anyName)
  .map(([digest, name]) =>
    parseStorePath(STORE_DIR, `${STORE_DIR}/${encodeNix32(digest)}-${name}`),
  );

export const anyStorePaths: fc.Arbitrary<StorePath[]> = fc.uniqueArray(anyStorePath, {
  maxLength: 5,
});

const sorted = <T extends string>(items: T[]): T[] => [...items].sort((a, b) => (a < b ? -1 : 1));

const outputNames = fc.uniqueArray(anyName, { minLength: 1, maxLength: 4 }).map(sorted);

/** Input-addressed, with paths that nobody computed. */
export const anyDerivation: fc.Arbitrary<Derivation> = fc.record({
  name: anyName,
  outputs: outputNames
    .chain(names => fc.tuple(...names.map(name => fc.tuple(fc.constant(name), anyStorePath))))
    .map(list => new Map(list.map(([name, path]) => [name, { path, hashAlgo: '', hash: '' }]))),
  inputDerivations: fc
    .uniqueArray(fc.tuple(anyStorePath, outputNames), { selector: ([path]) => path, maxLength: 4 })
    .map(list => new Map(list.sort(([a], [b]) => (a < b ? -1 : 1)))),
  inputSources: anyStorePaths.map(sorted),
  platform: anyByteString,
  builder: anyByteString,
  args: fc.array(anyByteString, { maxLength: 4 }),
  env: fc
    .uniqueArray(fc.tuple(anyByteString, anyByteString), { selector: ([key]) => key, maxLength: 6 })
    .map(list => new Map(list.sort(([a], [b]) => (a < b ? -1 : 1)))),
});

/** A file system object as plain data. */
export type Tree =
  | { readonly kind: 'file'; readonly executable: boolean; readonly contents: Uint8Array }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'directory'; readonly entries: ReadonlyMap<string, Tree> };

const anyEntryName = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map(byteStringOf)
  .filter(name => name !== '.' && name !== '..' && !/[/\0]/.test(name));

const anyFile = fc.record({
  kind: fc.constant('file' as const),
  executable: fc.boolean(),
  contents: anyBytes(100),
});

const anySymlink = fc.record({
  kind: fc.constant('symlink' as const),
  target: anyEntryName,
});

export const anyTree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    anyFile,
    anySymlink,
    fc.record({
      kind: fc.constant('directory' as const),
      entries: fc
        .uniqueArray(fc.tuple(anyEntryName, tie('tree')), {
          selector: ([name]) => name,
          maxLength: 5,
        })
        .map(list => new Map(list.sort(([a], [b]) => (a < b ? -1 : 1)))),
    }),
  ),
})).tree;

/** Shows a tree to a visitor, as one walks a directory. */
export function walk(tree: Tree, visitor: NarVisitor, path = ''): void {
  if (tree.kind === 'symlink') {
    visitor.symlink(path, tree.target);
    return;
  }
  if (tree.kind === 'file') {
    visitor.file(path, tree.executable, tree.contents.length);
    visitor.contents(tree.contents);
  } else {
    visitor.directory(path);
    for (const [name, entry] of tree.entries)
      walk(entry, visitor, path === '' ? name : `${path}/${name}`);
  }
  visitor.leave(path);
}
