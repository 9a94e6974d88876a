import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import * as fc from 'fast-check';
import { NarWriter } from '../../src/formats/nar.ts';
import { Sink } from '../../src/formats/wire.ts';

/** File trees as values. Names, targets and contents are byte strings. */
export type Tree =
  | { readonly kind: 'file'; readonly contents: string; readonly executable: boolean }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'directory'; readonly entries: Readonly<Record<string, Tree>> };

export function file(contents: string, executable = false): Tree {
  return { kind: 'file', contents, executable };
}

export function symlink(target: string): Tree {
  return { kind: 'symlink', target };
}

export function directory(entries: Readonly<Record<string, Tree>> = {}): Tree {
  return { kind: 'directory', entries };
}

export function raw(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

/** Writes a tree with the modes that a builder would use. */
export function writeTree(path: string, tree: Tree): void {
  switch (tree.kind) {
    case 'file':
      writeFileSync(raw(path), raw(tree.contents));
      chmodSync(raw(path), tree.executable ? 0o755 : 0o644);
      break;
    case 'symlink':
      symlinkSync(raw(tree.target), raw(path));
      break;
    case 'directory':
      mkdirSync(raw(path));
      for (const [name, entry] of Object.entries(tree.entries)) writeTree(`${path}/${name}`, entry);
  }
}

/** Fills a directory with names of one empty file, which is much faster than with files. */
export function writeManyNames(path: string, count: number): void {
  writeFileSync(`${path}/0`, '');
  for (let at = 1; at < count; at++) linkSync(`${path}/0`, `${path}/${(at * 7919) % 1_000_003}`);
}

/** Removes a tree with directories that may not be written, as those of a store. */
export function removeTree(path: string): void {
  if (lstatSync(raw(path)).isDirectory()) {
    chmodSync(raw(path), 0o700);
    for (const name of readdirSync(raw(path), 'latin1')) removeTree(`${path}/${name}`);
    rmdirSync(raw(path));
  } else unlinkSync(raw(path));
}

export function readTree(path: string): Tree {
  const stat = lstatSync(raw(path));
  if (stat.isSymbolicLink()) return symlink(readlinkSync(raw(path), 'latin1'));
  if (stat.isFile()) return file(readFileSync(raw(path), 'latin1'), (stat.mode & 0o100) !== 0);
  const names = readdirSync(raw(path), 'latin1');
  return directory(Object.fromEntries(names.map(name => [name, readTree(`${path}/${name}`)])));
}

/** Mode, owner and modification time of everything in a tree, in a form that tells canonical from other. */
export function listMetadata(path: string): string[] {
  const stat = lstatSync(raw(path), { bigint: true });
  const kind = stat.isSymbolicLink() ? 'link' : `${(stat.mode & 0o7777n).toString(8)}`;
  const line = `${kind} ${stat.uid}:${stat.gid} ${stat.mtimeNs}`;
  if (!stat.isDirectory()) return [line];
  const names = readdirSync(raw(path), 'latin1');
  return [line, ...names.flatMap(name => listMetadata(`${path}/${name}`))];
}

/** The NAR of a tree, written without looking at files. */
export function narOf(tree: Tree): Buffer {
  const sink = new Sink({ storeDir: '', minor: 0 });
  writeNar(new NarWriter(sink), tree, '');
  return Buffer.from(sink.finish());
}

function writeNar(writer: NarWriter, tree: Tree, path: string): void {
  if (tree.kind === 'symlink') {
    writer.symlink(path, tree.target);
    return;
  }
  if (tree.kind === 'file') {
    writer.file(path, tree.executable, tree.contents.length);
    writer.contents(raw(tree.contents));
  } else {
    writer.directory(path);
    for (const name of Object.keys(tree.entries).sort())
      writeNar(writer, tree.entries[name] ?? directory(), path === '' ? name : `${path}/${name}`);
  }
  writer.leave(path);
}

const anyBytes = (limits: { minLength?: number; maxLength: number }) =>
  fc.uint8Array(limits).map(bytes => Buffer.from(bytes).toString('latin1'));

const anyName = anyBytes({ minLength: 1, maxLength: 20 })
  .map(name => name.replace(/[/\0]/g, '_'))
  .filter(name => name !== '.' && name !== '..');

/** Trees with names and targets of any bytes, some of them empty or with files of several spans. */
export const anyTree: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({
      kind: fc.constant('file' as const),
      contents: fc.oneof(
        anyBytes({ maxLength: 40 }),
        fc.nat(600_000).map(n => 'x'.repeat(n)),
      ),
      executable: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('symlink' as const),
      target: anyName,
    }),
    fc.record({
      kind: fc.constant('directory' as const),
      entries: fc.dictionary(anyName, tie('tree'), { maxKeys: 6 }),
    }),
  ),
})).tree;
