import { posix } from 'node:path';
import type { Files } from '../host/files.ts';
import type { User } from '../host/users.ts';

/** A program that shows a login screen, and whom it leaves out. */
export interface Greeter {
  readonly name: 'SDDM' | 'LightDM' | 'AccountsService';
  readonly minimumUid: number;
  readonly maximumUid: number;
  readonly hiddenUsers: readonly string[];
  readonly hiddenShells: readonly string[];
  /** The settings in one line. */
  readonly rule: string;
  /** A file that comes last says whom to hide, so that no drop-in can. */
  readonly isFixed: boolean;
}

type Settings = Pick<Files, 'look' | 'list' | 'readText'>;

const SDDM_FOLDERS = ['/usr/lib/sddm/sddm.conf.d', '/etc/sddm.conf.d'];
const SDDM_FILE = '/etc/sddm.conf';
const LIGHTDM_FILE = '/etc/lightdm/users.conf';
const NO_LOGIN = [
  '/sbin/nologin',
  '/usr/sbin/nologin',
  '/usr/bin/nologin',
  '/bin/false',
  '/usr/bin/false',
];

/** GDM and others let AccountsService choose; LightDM as well, where it is installed. */
export async function findGreeters(files: Settings): Promise<readonly Greeter[]> {
  const has = async (paths: readonly string[]) =>
    (await Promise.all(paths.map(path => files.look(path)))).some(look => look !== undefined);
  const [hasSddm, hasLightdm, hasAccounts] = await Promise.all([
    has(['/usr/bin/sddm']),
    has(['/usr/sbin/lightdm', '/usr/bin/lightdm']),
    has([
      '/usr/libexec/accounts-daemon',
      '/usr/lib/accounts-daemon',
      '/usr/lib/accountsservice/accounts-daemon',
    ]),
  ]);
  return [
    ...(hasSddm ? [await readSddm(files)] : []),
    ...(hasLightdm && !hasAccounts ? [await readLightdm(files)] : []),
    ...(hasAccounts ? [await readAccountsService(files)] : []),
  ];
}

export function hidesUser(greeter: Greeter, { name, uid, shell }: User): boolean {
  const { minimumUid, maximumUid, hiddenUsers, hiddenShells } = greeter;
  if (uid < minimumUid || uid > maximumUid) return true;
  return hiddenUsers.includes(name) || hiddenShells.includes(shell);
}

/** sddm.conf(5); later files win. */
async function readSddm(files: Settings): Promise<Greeter> {
  const folders = await Promise.all(
    SDDM_FOLDERS.map(async folder =>
      (await files.list(folder))
        .filter(name => name.endsWith('.conf'))
        .map(name => posix.join(folder, name)),
    ),
  );
  const paths = [...folders.flat(), SDDM_FILE];
  const texts = await Promise.all(paths.map(path => files.readText(path)));
  const users = new Map(texts.flatMap(text => [...readSection(text ?? '', 'Users')]));
  const last = readSection(texts.at(-1) ?? '', 'Users');
  const minimumUid = Number(users.get('MinimumUid') ?? 1000);
  const maximumUid = Number(users.get('MaximumUid') ?? 60_000);
  return {
    name: 'SDDM',
    minimumUid,
    maximumUid,
    hiddenUsers: splitWords(users.get('HideUsers')),
    hiddenShells: splitWords(users.get('HideShells')),
    rule: `ids from ${minimumUid} to ${maximumUid}`,
    isFixed: last.has('HideUsers'),
  };
}

async function readLightdm(files: Settings): Promise<Greeter> {
  const list = readSection((await files.readText(LIGHTDM_FILE)) ?? '', 'UserList');
  const minimumUid = Number(list.get('minimum-uid') ?? 500);
  const shells = list.get('hidden-shells');
  return {
    name: 'LightDM',
    minimumUid,
    maximumUid: Number.POSITIVE_INFINITY,
    hiddenUsers: splitWords(list.get('hidden-users')),
    hiddenShells: shells === undefined ? NO_LOGIN : splitWords(shells),
    rule: `ids from ${minimumUid}`,
    isFixed: true,
  };
}

/** Its own list of shells that are none, and the ids that login.defs(5) gives to people. */
async function readAccountsService(files: Settings): Promise<Greeter> {
  const text = (await files.readText('/etc/login.defs')) ?? '';
  const minimumUid = Number(/^UID_MIN\s+(\d+)/mu.exec(text)?.[1] ?? 1000);
  return {
    name: 'AccountsService',
    minimumUid,
    maximumUid: Number.POSITIVE_INFINITY,
    hiddenUsers: [],
    hiddenShells: NO_LOGIN,
    rule: `ids from ${minimumUid}, with a login shell`,
    isFixed: true,
  };
}

function readSection(text: string, section: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let current = '';
  for (const line of text.split('\n').map(each => each.trim())) {
    const header = /^\[(.*)\]$/u.exec(line)?.[1];
    const equals = line.indexOf('=');
    if (header !== undefined) current = header;
    else if (current === section && equals > 0 && !/^[#;]/u.test(line))
      values.set(line.slice(0, equals).trim(), line.slice(equals + 1).trim());
  }
  return values;
}

function splitWords(text = ''): readonly string[] {
  return text.split(/[\s,;]+/u).filter(Boolean);
}
