import { join } from 'node:path';
import { userBusy } from './errors.ts';
import type { Files } from './files.ts';
import type { Run } from './processes.ts';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly comment: string;
  readonly home: string;
  readonly shell: string;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** A range of ids that is handed to somebody's containers (subuid(5)). */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

export interface Accounts {
  readonly users: readonly User[];
  readonly groups: readonly Group[];
  readonly delegated: readonly IdRange[];
}

/** Names and ids to ask the name service for, because not every service can list all it knows. */
export interface AccountQuery {
  readonly users: Keys;
  readonly groups: Keys;
}

/** Accounts are read from the name service and written with shadow's tools (host-checks.md, chapter 7). */
export interface AccountTools {
  readAccounts(query: AccountQuery): Promise<Accounts>;
  findUser(name: string): Promise<User | undefined>;
  findGroup(name: string): Promise<Group | undefined>;
  /** The groups that list `user` as a member; its primary group does not count. */
  groupsOf(user: string): Promise<readonly string[]>;
  createGroup(name: string, gid: number): Promise<void>;
  createUser(user: User, group: string): Promise<void>;
  removeGroup(name: string): Promise<void>;
  /** Throws `host/user-busy` while a process runs as that user. */
  removeUser(name: string): Promise<void>;
  /** Makes `groups` the groups that list `user` as a member. */
  setGroups(user: string, groups: readonly string[]): Promise<void>;
  /** Which of these users of the local files may not log in any more since some day. Takes root. */
  listExpired(users: readonly string[]): Promise<readonly string[]>;
  removeExpiry(user: string): Promise<void>;
  setShell(user: string, shell: string): Promise<void>;
}

interface AccountHost {
  readonly root: string;
  readonly files: Files;
  readonly run: Run;
}

type Database = 'passwd' | 'group';
type Keys = readonly (string | number)[];

/** Keeps useradd from warning that the id is not one of a system account. */
const ANY_SYSTEM_UID = 'SYS_UID_MAX=60000';
const STATUS_UNKNOWN_KEY = 2;
const STATUS_USER_BUSY = 8;
const DAY_MS = 86_400_000;

export function createAccountTools(host: AccountHost): AccountTools {
  const { root, run } = host;
  const prefix = root === '/' ? [] : ['-P', root];
  return {
    readAccounts: query => readAccounts(host, query),
    findUser: async name => {
      const text = await lookUp(host, 'passwd', [name]);
      return parseLines(text, 7)
        .map(parseUser)
        .find(user => user.name === name);
    },
    findGroup: async name => {
      const text = await lookUp(host, 'group', [name]);
      return parseLines(text, 4)
        .map(parseGroup)
        .find(group => group.name === name);
    },
    groupsOf: async user => {
      const groups = parseLines(await readDatabase(host, 'group', []), 4).map(parseGroup);
      const listed = groups.filter(({ members }) => members.includes(user));
      return withoutRepeats(listed).map(({ name }) => name);
    },
    createGroup: async (name, gid) => {
      await run(['groupadd', ...prefix, '-r', '-g', `${gid}`, name]);
    },
    createUser: async ({ name, uid, comment, home, shell }, group) => {
      const about = ['-c', comment, '-d', home, '-s', shell];
      const ids = ['-K', ANY_SYSTEM_UID, '-u', `${uid}`, '-g', group, '-G', group];
      await run(['useradd', ...prefix, '-r', '-M', '-N', ...ids, ...about, name]);
    },
    removeGroup: async name => void (await run(['groupdel', ...prefix, name])),
    removeUser: async name => {
      const argv = ['userdel', ...prefix, name];
      const { status } = await run(argv, { accept: [0, STATUS_USER_BUSY] });
      if (status === STATUS_USER_BUSY) throw userBusy(name);
    },
    setGroups: async (user, groups) => {
      await run(['usermod', ...prefix, '-G', groups.join(','), user]);
    },
    listExpired: async users => {
      const lines = parseLines((await host.files.readText('/etc/shadow')) ?? '', 9);
      const today = Date.now() / DAY_MS;
      const expired = lines.filter(([, , , , , , , day = '']) => day !== '' && Number(day) < today);
      return users.filter(user => expired.some(([name]) => name === user));
    },
    setShell: async (user, shell) => {
      await run(['usermod', ...prefix, '-s', shell, user]);
    },
    removeExpiry: async user => void (await run(['usermod', ...prefix, '-e', '', user])),
  };
}

async function readAccounts(host: AccountHost, query: AccountQuery): Promise<Accounts> {
  const { files } = host;
  const [passwd, group, subuid, subgid] = await Promise.all([
    readDatabase(host, 'passwd', query.users),
    readDatabase(host, 'group', query.groups),
    files.readText('/etc/subuid'),
    files.readText('/etc/subgid'),
  ]);
  return {
    users: withoutRepeats(parseLines(passwd, 7).map(parseUser)),
    groups: withoutRepeats(parseLines(group, 4).map(parseGroup)),
    delegated: parseLines(`${subuid ?? ''}\n${subgid ?? ''}`, 3).map(parseRange),
  };
}

/** The file first, then what the name service adds; another root has only its files. */
async function readDatabase(host: AccountHost, database: Database, keys: Keys): Promise<string> {
  const inFile = await readFile(host, database);
  if (host.root !== '/') return inFile;
  const { stdout } = await host.run(['getent', database], { accept: [0, STATUS_UNKNOWN_KEY] });
  return [inFile, stdout, await lookUp(host, database, keys)].join('\n');
}

async function lookUp(host: AccountHost, database: Database, keys: Keys): Promise<string> {
  if (host.root !== '/') return await readFile(host, database);
  if (keys.length === 0) return '';
  const argv = ['getent', database, ...keys.map(String)];
  return (await host.run(argv, { accept: [0, STATUS_UNKNOWN_KEY] })).stdout;
}

async function readFile({ files }: AccountHost, database: Database): Promise<string> {
  return (await files.readText(join('/etc', database))) ?? '';
}

function parseLines(text: string, fields: number): string[][] {
  return text
    .split('\n')
    .map(line => line.split(':'))
    .filter(line => line.length === fields);
}

function parseUser([name = '', , uid, gid, comment = '', home = '', shell = '']: string[]): User {
  return { name, uid: Number(uid), gid: Number(gid), comment, home, shell };
}

function parseGroup([name = '', , gid, members = '']: string[]): Group {
  return { name, gid: Number(gid), members: members.split(',').filter(Boolean) };
}

function parseRange([, first, count]: string[]): IdRange {
  return { first: Number(first), count: Number(count) };
}

function withoutRepeats<Account extends { readonly name: string }>(
  accounts: readonly Account[],
): readonly Account[] {
  const byName = new Map<string, Account>();
  for (const account of accounts) {
    if (!byName.has(account.name)) byName.set(account.name, account);
  }
  return [...byName.values()];
}
