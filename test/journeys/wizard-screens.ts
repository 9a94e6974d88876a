import type { Terminal } from '../support/terminal.ts';

/** What the last screen shows when it waits for an answer. */
export const REVIEW = /^\? Do this\?[\s\S]*s\) Save/m;

/** The screens of the wizard in their order, and what they show when they wait for a key. */
export const screens = [
  { name: 'mode', shows: /Mode:\s*\n❯ multi-user/ },
  { name: 'accounts', shows: /Accounts that builds run as:\s*\n❯ / },
  { name: 'shells', shows: /Shells that get the profiles:\s*\n❯/ },
  { name: 'caches', shows: /Binary caches to take builds from:\s*\n❯/ },
  { name: 'review', shows: REVIEW },
] as const;

/** What differs from host to host. */
export function masked(screen: string): string {
  return screen
    .replace(/[\d.]+ GiB free/, 'N GiB free')
    .replace(/(Checks\s+)\d.*/, '$1N passed')
    .replace(/\b(?:x64|arm64)\b/, 'ARCH')
    .replace(/tenon \d+\.\d+\.\d+/, 'tenon VERSION')
    .replace(/\/[0-9a-z]{32}-/g, '/HASH-')
    .replace(/(found by) .*/, '$1 SHELLS')
    .replace(/ and \d+ more$/gm, ' and N more')
    .replace(/^( {2}undo {2})[ \d]\d /gm, '$1 N ')
    .replace(/\d+ entries, \d+ MiB/, 'N entries, N MiB')
    .replace(/^(searched) \d+ paths/m, '$1 NN paths');
}

/** Types a command; when it has ended, the screen tells its status and whether the terminal is as it was. */
export function start(terminal: Terminal, command: string): void {
  const after = 'echo "status $?"; stty -g | cmp /run/stty - && echo "terminal as before"';
  terminal.wipe();
  // Ctrl-C is for the command; its shell goes on.
  terminal.type(`trap : INT; clear; stty -g >/run/stty; ${command}; ${after}`);
}

export const ENDED = /^terminal as before$/m;
