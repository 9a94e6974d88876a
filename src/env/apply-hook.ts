import { posix } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { Host } from '../host/host.ts';
import { leftAlone, unsafeHook } from './errors.ts';
import {
  addHook,
  type BashrcEdit,
  findHook,
  type HookCall,
  type HookState,
  hookLines,
  removeHook,
} from './hook.ts';

export const BASHRC = '/etc/portage/bashrc';
const READABLE = 0o644;
const WRITABLE_BY_OTHERS = 0o022;

/** What is there, and whether Portage will find what it leads to. */
export async function readHook(host: Host): Promise<HookState> {
  const text = await host.readText(BASHRC).catch(() => undefined);
  const hook = findHook(text ?? '');
  if (hook.state !== 'installed') return hook;
  const facts = await host.look(hook.file);
  return facts?.kind === 'file' ? hook : { state: 'broken', why: `there is no ${hook.file}` };
}

/** Whether the file changed. Throws `env/left-alone`, with the lines, where bashrc must not be touched. */
export async function installHook(host: Host, call: HookCall): Promise<boolean> {
  await assertOnlyRootWrites(host, call.file);
  if ((await host.look(posix.dirname(BASHRC)))?.kind !== 'directory')
    throw leftAlone(BASHRC, `there is no ${posix.dirname(BASHRC)}`, hookLines(call).join('\n'));
  await assertParses(host, hookLines(call));
  return await edit(host, hookLines(call).join('\n'), text => addHook(text, call));
}

export async function uninstallHook(host: Host): Promise<boolean> {
  if ((await host.look(BASHRC))?.kind !== 'file') return false;
  return await edit(host, undefined, removeHook);
}

async function edit(
  host: Host,
  lines: string | undefined,
  change: (text: string) => BashrcEdit,
): Promise<boolean> {
  const facts = await host.look(BASHRC);
  const planned = change((await readBashrc(host, lines)) ?? '');
  if (planned.state === 'alone') throw leftAlone(BASHRC, planned.why, lines);
  if (planned.state === 'done') return false;
  if (planned.text === '') await host.remove(BASHRC);
  else await host.writeText(BASHRC, planned.text, facts?.mode ?? READABLE);
  return true;
}

async function readBashrc(host: Host, lines: string | undefined): Promise<string | undefined> {
  const facts = await host.look(BASHRC);
  if (facts !== undefined && facts.kind !== 'file')
    throw leftAlone(BASHRC, `it is a ${facts.kind}`, lines);
  try {
    return await host.readText(BASHRC);
  } catch (error) {
    throw leftAlone(BASHRC, `it cannot be read (${messageOf(error)})`, lines);
  }
}

/** A file that bash does not understand would swallow our lines, or break in another place than before. */
async function assertParses(host: Host, lines: readonly string[]): Promise<void> {
  if ((await host.look(BASHRC))?.kind !== 'file') return;
  const { status, stderr } = await host.run(['bash', '-n', host.at(BASHRC)], { accept: [0, 1, 2] });
  if (status === 0) return;
  const [reason = ''] = stderr.trim().split('\n');
  throw leftAlone(BASHRC, `bash does not understand it (${reason})`, lines.join('\n'));
}

async function assertOnlyRootWrites(host: Host, file: string): Promise<void> {
  const facts = await host.look(file);
  if (facts?.kind !== 'file') throw unsafeHook(file, 'it is not a file');
  for (let path = file; ; path = posix.dirname(path)) {
    const each = await host.look(path);
    if (each === undefined || each.uid !== 0) throw unsafeHook(file, `${path} is not root's`);
    if ((each.mode & WRITABLE_BY_OTHERS) !== 0 && each.kind !== 'symlink')
      throw unsafeHook(file, `others than root may write ${path}`);
    if (path === '/') return;
  }
}
