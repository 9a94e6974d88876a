import { type Wire, wire } from './attack.ts';

const regular = (contents: string) => ['(', 'type', 'regular', 'contents', contents, ')'];
const link = (target: string) => ['(', 'type', 'symlink', 'target', target, ')'];
const entry = (name: string, node: readonly Wire[]) => [
  'entry',
  '(',
  'name',
  name,
  'node',
  ...node,
  ')',
];
const tree = (...entries: readonly (readonly Wire[])[]) => [
  '(',
  'type',
  'directory',
  ...entries.flat(),
  ')',
];
const nar = (...node: readonly Wire[]) => wire('nix-archive-1', ...node);

function nested(depth: number): readonly Wire[] {
  const open = Array.from({ length: depth }, () => [
    '(',
    'type',
    'directory',
    'entry',
    '(',
    'name',
    'd',
    'node',
  ]);
  const close = Array.from({ length: depth }, () => [')', ')']);
  return [...open.flat(), ...regular('deep'), ...close.flat()];
}

export const BEHIND = 'more behind its end';

/** Streams that are no NAR, or none that may be unpacked. */
export const brokenNars: readonly { flaw: string; bytes: Buffer }[] = [
  { flaw: 'a name that climbs', bytes: nar(...tree(entry('../escaped', regular('x')))) },
  {
    flaw: 'a name of dots',
    bytes: nar(...tree(entry('..', tree(entry('escaped', regular('x')))))),
  },
  { flaw: 'a name of one dot', bytes: nar(...tree(entry('.', regular('x')))) },
  { flaw: 'an empty name', bytes: nar(...tree(entry('', regular('x')))) },
  { flaw: 'a name with a slash', bytes: nar(...tree(entry('a/escaped', regular('x')))) },
  { flaw: 'an absolute name', bytes: nar(...tree(entry('/tmp/escaped', regular('x')))) },
  { flaw: 'a name with NUL', bytes: nar(...tree(entry('a\0b', regular('x')))) },
  { flaw: 'a name that is too long', bytes: nar(...tree(entry('x'.repeat(256), regular('x')))) },
  { flaw: 'a name twice', bytes: nar(...tree(entry('a', regular('x')), entry('a', regular('y')))) },
  {
    flaw: 'names out of order',
    bytes: nar(...tree(entry('b', regular('x')), entry('a', regular('y')))),
  },
  {
    flaw: 'a file through a symlink',
    bytes: nar(...tree(entry('a', link('..')), entry('a', tree(entry('escaped', regular('x')))))),
  },
  { flaw: 'a link to nowhere', bytes: nar(...link('')) },
  { flaw: 'a link with NUL', bytes: nar(...link('a\0b')) },
  { flaw: 'a link that is too long', bytes: nar(...link('x'.repeat(5000))) },
  { flaw: 'a depth of 2,000', bytes: nar(...nested(2_000)) },
  { flaw: 'a file of 2^63 bytes', bytes: nar('(', 'type', 'regular', 'contents', 2n ** 63n) },
  {
    flaw: 'a file of 2^50 bytes',
    bytes: nar('(', 'type', 'regular', 'contents', 2n ** 50n, Buffer.alloc(1000)),
  },
  { flaw: 'another format', bytes: wire('nix-archive-2', ...regular('x')) },
  { flaw: 'an unknown type', bytes: nar('(', 'type', 'device', ')') },
  { flaw: 'no type', bytes: nar('(', ')') },
  {
    flaw: 'bad padding',
    bytes: nar('(', 'type', 'regular', 'contents', 1, Buffer.from('x1234567'), ')'),
  },
  {
    flaw: BEHIND,
    bytes: Buffer.concat([nar(...regular('x')), wire('more', 'and more')]),
  },
  { flaw: 'nothing', bytes: Buffer.alloc(0) },
];
