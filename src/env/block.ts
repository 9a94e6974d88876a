/** Lines of ours in a file that belongs to somebody else, between two marks. */
export interface Block {
  readonly begin: string;
  readonly end: string;
}

export type FoundBlock =
  | { readonly state: 'none' }
  | { readonly state: 'whole'; readonly lines: readonly string[]; readonly around: string }
  | { readonly state: 'broken'; readonly why: string };

/** The block in `text`, and the text without it: byte for byte what it was before `withBlock`. */
export function findBlock(text: string, { begin, end }: Block): FoundBlock {
  const lines = text.split('\n');
  const begins = lines.filter(line => line === begin).length;
  const ends = lines.filter(line => line === end).length;
  if (begins === 0 && ends === 0) return { state: 'none' };
  const first = lines.indexOf(begin);
  const last = lines.indexOf(end);
  if (begins !== 1 || ends !== 1 || last < first)
    return { state: 'broken', why: `the lines "${begin}" and "${end}" in it are not one pair` };
  const before = lines.slice(0, first).join('\n');
  const after = lines.slice(last + 1).join('\n');
  return { state: 'whole', lines: lines.slice(first + 1, last), around: join(before, after) };
}

/** What somebody wrote behind the block stays a line of its own. */
function join(before: string, after: string): string {
  const gap = before === '' || after === '' || before.endsWith('\n') ? '' : '\n';
  return `${before}${gap}${after}`;
}

/** `around` with the block behind it. A line end comes first, so that a file that ends without one gets it back. */
export function withBlock(around: string, { begin, end }: Block, lines: readonly string[]): string {
  const gap = around === '' ? '' : '\n';
  return `${around}${gap}${[begin, ...lines, end].join('\n')}\n`;
}
