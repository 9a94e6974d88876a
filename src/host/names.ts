import { createProcesses } from './processes.ts';
import { fileVersion, readLinkedFile } from './store-files.ts';

const DATABASE_MAX_BYTES = 64 << 20;
const STATUS_NOT_FOUND = 2;
/** Answers of other name services (LDAP and the like) are believed this long. */
const REMEMBERED_MS = 60_000;

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/**
 * Names of accounts, for a server that asks for every connection: the local files are parsed again only when they
 * change, and other name services are asked through getent(1) for what is not in them.
 */
export class Names {
  readonly #users = new CachedFile('/etc/passwd');
  readonly #groups = new CachedFile('/etc/group');
  readonly #asked = new Map<string, { readonly line: string; readonly untilMs: number }>();

  /** The name of a user, or the number when it has none. */
  async userName(uid: number): Promise<string> {
    return (await this.findUserName(uid)) ?? String(uid);
  }

  async findUserName(uid: number): Promise<string | undefined> {
    const line = await this.#find('passwd', this.#users, { field: 2, value: String(uid) });
    return line?.[0];
  }

  async userId(name: string): Promise<number | undefined> {
    const line = await this.#find('passwd', this.#users, { field: 0, value: name });
    return line === undefined ? undefined : Number(line[2]);
  }

  /** The name of a group, or the number when it has none. */
  async groupName(gid: number): Promise<string> {
    const line = await this.#find('group', this.#groups, { field: 2, value: String(gid) });
    return line?.[0] ?? String(gid);
  }

  async findGroup(name: string): Promise<Group | undefined> {
    const line = await this.#find('group', this.#groups, { field: 0, value: name });
    if (line === undefined) return undefined;
    const members = (line[3] ?? '').split(',').filter(member => member !== '');
    return { name, gid: Number(line[2]), members };
  }

  async #find(
    database: string,
    file: CachedFile,
    { field, value }: { field: number; value: string },
  ): Promise<readonly string[] | undefined> {
    const local = file.lines().find(line => line[field] === value);
    if (local !== undefined) return local;
    const line = await this.#ask(database, value);
    return line === '' ? undefined : line.split(':');
  }

  async #ask(database: string, key: string): Promise<string> {
    const known = this.#asked.get(`${database} ${key}`);
    if (known !== undefined && known.untilMs > performance.now()) return known.line;
    const { run } = createProcesses();
    const { stdout } = await run(['getent', database, key], { accept: [0, STATUS_NOT_FOUND] });
    const line = stdout.split('\n')[0] ?? '';
    this.#asked.set(`${database} ${key}`, { line, untilMs: performance.now() + REMEMBERED_MS });
    return line;
  }
}

class CachedFile {
  readonly #path: string;
  #version: string | undefined;
  #lines: readonly (readonly string[])[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  lines(): readonly (readonly string[])[] {
    const version = fileVersion(this.#path);
    if (version !== this.#version) {
      this.#version = version;
      const text = readLinkedFile(this.#path, DATABASE_MAX_BYTES) ?? '';
      this.#lines = text.split('\n').map(line => line.split(':'));
    }
    return this.#lines;
  }
}
