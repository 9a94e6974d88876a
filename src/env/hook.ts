import { type Block, findBlock, withBlock } from './block.ts';

/** The lines in /etc/portage/bashrc that bring in `init/portage/env-hook.bash`. */

export const hookModes = ['clean', 'warn', 'die'] as const;
export type HookMode = (typeof hookModes)[number];

export interface HookCall {
  readonly mode: HookMode;
  readonly file: string;
  /** Store directories besides those that the hook knows. */
  readonly stores: readonly string[];
}

const BLOCK: Block = {
  begin: '# begin: managed by tenon env hook, removed by tenon env hook remove',
  end: '# end: managed by tenon env hook',
};

/**
 * Nothing is read in any other phase: in `depend`, one external command makes Portage give up the ebuild. A hook that is
 * gone or broken is passed over.
 */
export function hookLines({ mode, file, stores }: HookCall): readonly string[] {
  const path = quote(file);
  const words = [path, mode, ...stores.map(quote)].join(' ');
  return [
    `if [[ ( \${EBUILD_PHASE} == pretend || \${EBUILD_PHASE} == setup ) && -f ${path} && -r ${path} ]]; then`,
    `\tsource ${words} || :`,
    'fi',
  ];
}

export type HookState =
  | { readonly state: 'absent' }
  | { readonly state: 'installed'; readonly mode: HookMode; readonly file: string }
  | { readonly state: 'broken'; readonly why: string };

/** What `text` of a bashrc says of the hook. */
export function findHook(text: string): HookState {
  const block = findBlock(text, BLOCK);
  if (block.state === 'none') return { state: 'absent' };
  if (block.state === 'broken') return block;
  const [, file, word] = /^\tsource '([^']+)' (\w+)/u.exec(block.lines[1] ?? '') ?? [];
  const mode = hookModes.find(each => each === word);
  if (file === undefined || mode === undefined)
    return { state: 'broken', why: 'somebody changed the lines of tenon in it' };
  return { state: 'installed', mode, file };
}

export type BashrcEdit =
  | { readonly state: 'done' }
  | { readonly state: 'todo'; readonly text: string }
  | { readonly state: 'alone'; readonly why: string };

export function addHook(text: string, call: HookCall): BashrcEdit {
  const block = findBlock(text, BLOCK);
  if (block.state === 'broken') return { state: 'alone', why: block.why };
  const wanted = hookLines(call);
  if (block.state === 'none') return { state: 'todo', text: withBlock(text, BLOCK, wanted) };
  if (block.lines.join('\n') === wanted.join('\n')) return { state: 'done' };
  return { state: 'todo', text: withBlock(block.around, BLOCK, wanted) };
}

export function removeHook(text: string): BashrcEdit {
  const block = findBlock(text, BLOCK);
  if (block.state === 'broken') return { state: 'alone', why: block.why };
  return block.state === 'none' ? { state: 'done' } : { state: 'todo', text: block.around };
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
