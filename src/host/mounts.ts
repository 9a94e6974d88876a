import { readFile } from 'node:fs/promises';

/** One line of `/proc/self/mountinfo` (proc_pid_mountinfo(5)), names unescaped. */
export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /** Which directory of the file system is mounted; `/` unless it is a bind of a part. */
  readonly root: string;
  readonly mountPoint: string;
  readonly options: readonly string[];
  readonly fileSystem: string;
  readonly source: string;
  readonly superOptions: readonly string[];
}

export interface Mounts {
  /** Every mount that this process can reach. */
  readMounts(): Promise<readonly Mount[]>;
}

export function createMounts(): Mounts {
  return {
    readMounts: async () => parseMountinfo(await readFile('/proc/self/mountinfo', 'latin1')),
  };
}

export function parseMountinfo(text: string): readonly Mount[] {
  return text.split('\n').filter(Boolean).map(parseMount);
}

function parseMount(line: string): Mount {
  const [before = '', after = ''] = line.split(' - ');
  const [id, parentId, , root = '', mountPoint = '', options = ''] = before.split(' ');
  const [fileSystem = '', source = '', superOptions = ''] = after.split(' ');
  return {
    id: Number(id),
    parentId: Number(parentId),
    root: unescapeField(root),
    mountPoint: unescapeField(mountPoint),
    options: options.split(','),
    fileSystem,
    source: unescapeField(source),
    superOptions: superOptions.split(','),
  };
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescapeField(field: string): string {
  return field.replace(/\\([0-7]{3})/gu, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
