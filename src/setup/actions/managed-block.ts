import { defineAction, type Step, type Tools } from '../action.ts';

interface Spec {
  readonly file: string;
  readonly lines: readonly string[];
  /** Makes the file where there is none. */
  readonly mayCreate?: true;
}

interface Undo {
  /** Null where there was no file. */
  readonly before: string | null;
}

const BEGIN = '# begin: managed by tenon setup, removed by tenon uninstall';
const END = '# end: managed by tenon setup';
const BLOCK = new RegExp(`\\n${BEGIN}\\n[^]*?${END}\\n`, 'u');

/** Some lines at the end of a file that belongs to somebody else. */
export const managedBlock = defineAction<Spec, Undo>({
  kind: 'managed-block',
  target: ({ file }) => file,
  describe: ({ file, lines }) => `Add ${lines.length === 1 ? 'a line' : 'lines'} to ${file}`,
  describeUndo: ({ file }) => `Remove those lines from ${file}`,

  edit: ({ file, lines }, { before }) => ({
    file,
    before: before ?? undefined,
    after: withBlock(before ?? '', lines),
  }),

  async inspect({ host }, { file, lines, mayCreate }) {
    const facts = await host.look(file);
    if (facts === undefined && mayCreate)
      return { state: 'todo', change: 'create', undo: { before: null } };
    if (facts === undefined) return { state: 'conflict', reason: `there is no ${file}` };
    if (facts.kind !== 'file') return { state: 'conflict', reason: `${file} is a ${facts.kind}` };
    const before = (await host.readText(file)) ?? '';
    if (before.includes(blockOf(lines))) return { state: 'done' };
    return { state: 'todo', change: 'modify', undo: { before } };
  },

  async apply({ host }, { file, lines }) {
    const facts = await host.look(file);
    const text = (await host.readText(file)) ?? '';
    await host.writeText(file, withBlock(text, lines), facts?.mode ?? 0o644);
  },

  async revert({ host }, { file, lines }, { undo: { before } }) {
    await host.remove(`${file}.tenon-new`);
    const facts = await host.look(file);
    const now = await host.readText(file);
    if (facts?.kind !== 'file' || now === undefined) return undefined;
    const without = now === (before ?? '') + blockOf(lines) ? (before ?? '') : withoutBlock(now);
    if (before === null && without === '') await host.remove(file);
    else if (without !== now) await host.writeText(file, without, facts.mode);
    return undefined;
  },
});

/** Whether the block is gone, and what it said stands nowhere else in the file. */
export async function isBlockLost({ host }: Tools, step: Step): Promise<boolean> {
  const { file, lines } = step.spec as Spec;
  const text = await host.readText(file);
  // A shell is gone when its file is.
  if (text === undefined) return step.group !== 'Shells';
  return withoutBlock(text) === text && !lines.every(line => text.split('\n').includes(line));
}

/** The text as it is without the block of setup. What somebody wrote behind it stays a line of its own. */
export function withoutBlock(text: string): string {
  return text.replace(BLOCK, (block, at: number) => {
    const isLineCut = at > 0 && text[at - 1] !== '\n' && at + block.length < text.length;
    return isLineCut ? '\n' : '';
  });
}

function withBlock(text: string, lines: readonly string[]): string {
  return withoutBlock(text) + blockOf(lines);
}

function blockOf(lines: readonly string[]): string {
  return `\n${[BEGIN, ...lines, END].join('\n')}\n`;
}
