import { printable } from './output.ts';

/** Lines around a change that are shown with it. */
const CONTEXT = 3;

type Line = readonly [mark: ' ' | '-' | '+', text: string];

export interface ShownEdit {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** The lines of a diff as a terminal may show them. Those around a change belong to others, who keep passwords in them. */
export function shownDiff({ file, before, after }: ShownEdit): readonly string[] {
  const lines = unifiedDiff(file, before, after).split('\n');
  return lines.map(line => withoutSecrets(printable(line)));
}

function withoutSecrets(line: string): string {
  return line
    .replace(/^(.\s*[\w-]*(?:token|password|secret)[\w-]*\s*=\s*).+$/iu, '$1…')
    .replace(/\/\/[^/@\s]*@/gu, '//…@');
}

/** The lines that differ, with some around them, as `diff -u` has them; what does not exist is undefined. */
export function unifiedDiff(file: string, before: string | undefined, after: string): string {
  const lines = compare(linesOf(before ?? ''), linesOf(after));
  const from = before === undefined ? '/dev/null' : file;
  return [`--- ${from}`, `+++ ${file}`, ...hunks(lines)].join('\n');
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

/** What comes between the lines that both begin with and those that both end with. */
function compare(before: readonly string[], after: readonly string[]): readonly Line[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const mark = (lines: readonly string[], sign: Line[0]) =>
    lines.map(text => [sign, text] as const);
  return [
    ...mark(before.slice(0, head), ' '),
    ...mark(before.slice(head, before.length - tail), '-'),
    ...mark(after.slice(head, after.length - tail), '+'),
    ...mark(before.slice(before.length - tail), ' '),
  ];
}

function* hunks(lines: readonly Line[]): Iterable<string> {
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([mark]) => mark !== ' '),
  );
  let [was, is] = [1, 1];
  for (let start = 0; start < lines.length; ) {
    const next = isNear.indexOf(!isNear[start], start);
    const run = lines.slice(start, next === -1 ? undefined : next);
    const [removed, added] = [count(run, '+'), count(run, '-')];
    if (isNear[start]) {
      yield `@@ -${range(was, removed)} +${range(is, added)} @@`;
      yield* run.map(line => line.join(''));
    }
    was += removed;
    is += added;
    start += run.length;
  }
}

/** How many lines there are without those that only the other side has. */
function count(lines: readonly Line[], other: '-' | '+'): number {
  return lines.filter(([mark]) => mark !== other).length;
}

function range(first: number, length: number): string {
  return length === 0 ? `${first - 1},0` : `${first},${length}`;
}
