import { type ByteString, compareBytes } from './byte-string.ts';
import { formatHash, type Hash } from './hash.ts';
import type { StorePath } from './store-path.ts';

/**
 * What `exportReferencesGraph` tells a builder about a closure (Nix: src/libstore/store-api.cc, makeValidityRegistration
 * and pathInfoToJSON): in plain derivations a text, in structured ones a JSON array.
 *
 *   text = { path "\n" "\n" count "\n" { reference "\n" } }      sorted by path; the empty line is for a deriver
 */

interface Node {
  readonly path: StorePath;
  readonly references: readonly StorePath[];
}

interface DescribedNode extends Node {
  readonly narHash: Hash;
  readonly narSizeBytes: number;
  readonly contentAddress: ByteString | undefined;
}

/** A path of a closure, with the names that builders know. */
export interface ClosureEntry {
  readonly ca?: ByteString;
  readonly closureSize: number;
  readonly narHash: ByteString;
  readonly narSize: number;
  readonly path: StorePath;
  readonly references: readonly StorePath[];
}

export function formatReferencesGraph(closure: readonly Node[]): ByteString {
  return byPath(closure)
    .map(({ path, references }) => {
      const lines = [path, '', references.length, ...[...references].sort(compareBytes)];
      return `${lines.join('\n')}\n`;
    })
    .join('');
}

/** Invariant: all references are in the closure themselves. */
export function describeClosure(closure: readonly DescribedNode[]): readonly ClosureEntry[] {
  const nodes = new Map(closure.map(node => [node.path, node]));
  return byPath(closure).map(node => ({
    ...(node.contentAddress === undefined ? {} : { ca: node.contentAddress }),
    closureSize: closureSize(nodes, node),
    narHash: formatHash(node.narHash, 'nix32', { prefix: true }),
    narSize: node.narSizeBytes,
    path: node.path,
    references: [...node.references].sort(compareBytes),
  }));
}

function closureSize(nodes: ReadonlyMap<StorePath, DescribedNode>, start: DescribedNode): number {
  const reached = new Set([start]);
  let size = 0;
  for (const { narSizeBytes, references } of reached) {
    size += narSizeBytes;
    for (const reference of references) {
      const node = nodes.get(reference);
      if (node !== undefined) reached.add(node);
    }
  }
  return size;
}

function byPath<Item extends Node>(closure: readonly Item[]): readonly Item[] {
  return [...closure].sort((a, b) => compareBytes(a.path, b.path));
}
