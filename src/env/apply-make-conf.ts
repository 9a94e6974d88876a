import { messageOf } from '../base/errors.ts';
import type { Host } from '../host/host.ts';
import { leftAlone } from './errors.ts';
import { addNames, envUnsetLine, type MakeConfEdit, removeNames } from './make-conf.ts';

const MAKE_CONF = '/etc/portage/make.conf';
/** Portage reads the files of a make.conf folder by name; the last one adds to all others. */
const OWN_FILE = 'zz-tenon-env-unset';
const READABLE = 0o644;

export interface MakeConfResult {
  readonly file: string;
  readonly changed: boolean;
  /** The names in tenon's lines afterwards, as far as they changed. */
  readonly names: readonly string[];
}

/** Has Portage unset `names` in each phase. Throws `env/left-alone` with the line where it must not touch the file. */
export async function addToMakeConf(host: Host, names: readonly string[]): Promise<MakeConfResult> {
  const line = envUnsetLine(names);
  return await edit(host, line, text => addNames(text, names));
}

/** Takes tenon's lines out again; what it could not have written to has none. */
export async function removeFromMakeConf(host: Host): Promise<MakeConfResult> {
  const file = await findFile(host);
  if ((await host.look(file))?.kind !== 'file') return { file, changed: false, names: [] };
  return await edit(host, undefined, removeNames);
}

type Edit = (text: string) => MakeConfEdit;

async function edit(host: Host, line: string | undefined, change: Edit): Promise<MakeConfResult> {
  const file = await findFile(host);
  const facts = await host.look(file);
  const isNew = facts === undefined && file !== MAKE_CONF;
  if (facts?.kind !== 'file' && !isNew)
    throw leftAlone(file, facts === undefined ? 'it is missing' : `it is a ${facts.kind}`, line);
  const text = await readOrLeaveAlone(host, file, line);
  const planned = change(text ?? '');
  if (planned.state === 'alone') throw leftAlone(file, planned.why, line);
  if (planned.state === 'done') return { file, changed: false, names: [] };
  if (planned.text === '' && file !== MAKE_CONF) await host.remove(file);
  else await host.writeText(file, planned.text, facts?.mode ?? READABLE);
  return { file, changed: true, names: planned.names };
}

async function findFile(host: Host): Promise<string> {
  const facts = await host.look(MAKE_CONF);
  return facts?.kind === 'directory' ? `${MAKE_CONF}/${OWN_FILE}` : MAKE_CONF;
}

async function readOrLeaveAlone(
  host: Host,
  file: string,
  line: string | undefined,
): Promise<string | undefined> {
  try {
    return await host.readText(file);
  } catch (error) {
    throw leftAlone(file, `it cannot be read (${messageOf(error)})`, line);
  }
}
