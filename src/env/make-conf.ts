import { type Block, findBlock, withBlock } from './block.ts';

/** What Portage is told in make.conf, and how the file is judged before it is touched (make.conf(5)). */

const BLOCK: Block = {
  begin: '# begin: managed by tenon env fix, removed by tenon env fix --make-conf --remove',
  end: '# end: managed by tenon env fix',
};
const WHY =
  '# They lead programs of a build to files of a store. Portage takes them out of each phase.';
/** A plain value would replace what another file of a make.conf folder says; Portage expands its own lists here. */
const OUR_LINE = /^ENV_UNSET="\$\{ENV_UNSET\}((?: [A-Za-z_][A-Za-z0-9_]*)+)"$/u;

export function envUnsetLine(names: readonly string[]): string {
  return `ENV_UNSET="\${ENV_UNSET} ${names.join(' ')}"`;
}

export type MakeConfEdit =
  | { readonly state: 'done' }
  | { readonly state: 'todo'; readonly text: string; readonly names: readonly string[] }
  | { readonly state: 'alone'; readonly why: string };

/** `text` with `names` in the block, besides those that are there. */
export function addNames(text: string, names: readonly string[]): MakeConfEdit {
  const flaw = findFlaw(text);
  if (flaw !== undefined) return { state: 'alone', why: flaw };
  const parts = takeApart(text);
  if (parts.state !== 'parts') return parts;
  const wanted = [...new Set([...parts.names, ...names])].sort();
  if (wanted.length === parts.names.length) return { state: 'done' };
  const lines = [WHY, envUnsetLine(wanted)];
  return { state: 'todo', text: withBlock(parts.around, BLOCK, lines), names: wanted };
}

/** `text` as it was before there was a block in it. */
export function removeNames(text: string): MakeConfEdit {
  const parts = takeApart(text);
  if (parts.state !== 'parts') return parts;
  return parts.names.length === 0
    ? { state: 'done' }
    : { state: 'todo', text: parts.around, names: [] };
}

type Parts =
  | { readonly state: 'parts'; readonly names: readonly string[]; readonly around: string }
  | { readonly state: 'alone'; readonly why: string };

function takeApart(text: string): Parts {
  const block = findBlock(text, BLOCK);
  if (block.state === 'broken') return { state: 'alone', why: block.why };
  if (block.state === 'none') return { state: 'parts', names: [], around: text };
  const [why, line = '', ...more] = block.lines;
  const [, names] = OUR_LINE.exec(line) ?? [];
  if (why !== WHY || names === undefined || more.length > 0)
    return { state: 'alone', why: 'somebody changed the lines of tenon in it' };
  return { state: 'parts', names: names.trim().split(' '), around: block.around };
}

/** Why Portage itself would not read this make.conf; undefined when it does. */
function findFlaw(text: string): string | undefined {
  const tokens = tokenize(text);
  if ('flaw' in tokens) return tokens.flaw;
  const queue = tokens.tokens[Symbol.iterator]();
  for (const token of queue) {
    const key = token.text === 'export' ? queue.next().value : token;
    if (key?.text === 'source') {
      queue.next();
      continue;
    }
    const equals = queue.next().value;
    const value = queue.next().value;
    if (key === undefined || equals?.text !== '=' || equals.isQuoted || value === undefined)
      return `line ${token.line} is no assignment`;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/u.test(key.text)) return `line ${key.line} assigns to no name`;
    if (/^[=()<>&|`[\]]$/u.test(value.text) && !value.isQuoted)
      return `line ${value.line} has no value that Portage can read`;
  }
  return undefined;
}

interface Token {
  readonly text: string;
  readonly line: number;
  readonly isQuoted: boolean;
}

/** Comment, blank, `=`, a word of plain and quoted pieces, or any other character alone. */
const TOKEN =
  /(?<skip>#[^\n]*|\s+)|(?<equals>=)|(?<word>(?:"(?:\\[\s\S]|[^"\\])*"|'[^']*'|\\[\s\S]|[\w~!@$%*:;?,./+{}-]+)+)|(?<other>[\s\S])/gu;

function tokenize(text: string): { readonly tokens: readonly Token[] } | { readonly flaw: string } {
  const tokens: Token[] = [];
  let line = 1;
  for (const { 0: piece, groups } of text.matchAll(TOKEN)) {
    if (groups?.other === '"' || groups?.other === "'")
      return { flaw: `the quote that opens in line ${line} is not closed` };
    if (groups?.skip === undefined)
      tokens.push({ text: piece, line, isQuoted: /^["']/u.test(piece) });
    line += piece.split('\n').length - 1;
  }
  return { tokens };
}
