/**
 * The text that `enter --fd` reads: grammar in src/enter/spec.h, words in src/enter/README.md. Nothing is checked
 * here: `enter` refuses what it cannot accept, a NUL in a variable for one.
 */
import { type ByteString, bytesOf } from '../formats/byte-string.ts';

export interface SandboxSpec {
  readonly root: SealedRoot | HostRoot;
  readonly program: Program;
  /** Whether stdout and stderr are one pseudo-terminal in raw mode, or the log pipe itself. */
  readonly terminal: boolean;
  readonly personality: readonly ('norandomize' | 'linux32' | 'uname26')[];
  readonly softLimits: readonly { readonly resource: 'core' | 'nofile'; readonly value: number }[];
  readonly noNewPrivileges: boolean;
  readonly filterSystemCalls: boolean;
  /** No connection to abstract Unix sockets outside. Without effect before Linux 6.12. */
  readonly scopeAbstractSockets: boolean;
}

export interface Program {
  readonly path: ByteString;
  /** argv[0]. */
  readonly name: ByteString;
  readonly args: readonly ByteString[];
  readonly env: ReadonlyMap<ByteString, ByteString>;
  readonly workingDir: ByteString;
}

/** No namespaces: the machine's own root, as somebody else. */
export interface HostRoot {
  readonly kind: 'host';
  /** Undefined: whoever started `enter`. */
  readonly user: HostUser | undefined;
}

export interface HostUser {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export interface SealedRoot {
  readonly kind: 'sealed';
  readonly network: 'new' | 'host';
  readonly uid: MappedId;
  readonly gid: MappedId;
  readonly store: StoreView;
  /** Private directories of this build, such as /build and /tmp. Writable. */
  readonly buildDirs: readonly { readonly source: ByteString; readonly target: ByteString }[];
  /** Made in this order, after `buildDirs`. A source that is a symlink is followed. */
  readonly binds: readonly Bind[];
  /** Directories that need another mode than 0755; parents first. */
  readonly directories: readonly { readonly path: ByteString; readonly mode: number }[];
  readonly files: readonly SealedFile[];
  readonly devices: 'none' | 'minimal' | 'with-kvm';
  /** A tmpfs size for /dev/shm, such as "50%". */
  readonly shmSize: string;
}

/** The id that the builder sees, and the first of `count` ids that `first` and those behind it are outside. */
export interface MappedId {
  readonly id: number;
  readonly first: number;
  readonly outside: number;
  readonly count: number;
}

export interface StoreView {
  /** The store directory as the builder sees it, and where it is. */
  readonly inside: ByteString;
  readonly outside: ByteString;
  /** Outputs land in `upper`. `enter` makes both directories if need be; `work` must not be used twice. */
  readonly upper: ByteString;
  readonly work: ByteString;
  /** Store paths, as seen inside. */
  readonly inputs: readonly ByteString[];
}

export interface Bind {
  readonly source: ByteString;
  readonly target: ByteString;
  readonly readOnly: boolean;
  /** Whether a missing source is no failure. */
  readonly optional: boolean;
}

export interface SealedFile {
  readonly path: ByteString;
  readonly mode: number;
  readonly content: ByteString;
}

type Line = readonly (ByteString | number)[];

export function formatSandboxSpec(spec: SandboxSpec): Uint8Array {
  const lines: Line[] = [
    ['status-fd', 4],
    ['root', spec.root.kind],
    ...(spec.root.kind === 'sealed' ? sealedLines(spec.root) : hostLines(spec.root)),
    ['session', 'new'],
    ['death', 'parent'],
    ...when(spec.terminal, ['pty', 'on']),
    ...spec.personality.map(name => ['personality', name]),
    ...spec.softLimits.map(limit => ['rlimit', limit.resource, limit.value]),
    ...when(spec.noNewPrivileges, ['nnp', 'on']),
    ...when(spec.scopeAbstractSockets, ['landlock', 'scope-abstract']),
    ...when(spec.filterSystemCalls, ['seccomp', 'nix']),
    ...programLines(spec.program),
    ['end'],
  ];
  return bytesOf(`tenon-root 1\n${lines.map(formatLine).join('')}`);
}

function sealedLines(root: SealedRoot): readonly Line[] {
  const network = root.network === 'new';
  return [
    ['ns', 'user', 'pid', 'mnt', 'ipc', 'uts', 'cgroup', ...(network ? ['net'] : [])],
    ['map-uid', root.uid.first, root.uid.outside, root.uid.count],
    ['map-gid', root.gid.first, root.gid.outside, root.gid.count],
    ['uid', root.uid.id],
    ['gid', root.gid.id],
    ['proc', 'new'],
    ...deviceLines(root),
    ...when(network, ['lo', 'up']),
    ['hostname', 'localhost'],
    ['domainname', '(none)'],
    ...storeLines(root.store),
    ...root.directories.map(({ path, mode }) => ['dir', path, octal(mode)]),
    ...root.files.map(({ path, mode, content }) => ['file', path, octal(mode), content]),
    ...root.buildDirs.map(({ source, target }) => ['build-dir', source, target]),
    ...root.binds.map(bindLine),
  ];
}

function deviceLines({ devices, shmSize }: SealedRoot): readonly Line[] {
  if (devices === 'none') return [];
  const kvm = devices === 'with-kvm' ? ['kvm'] : [];
  return [
    ['dev', 'minimal', ...kvm],
    ['shm', shmSize],
    ['pts', 'new'],
  ];
}

function storeLines(store: StoreView): readonly Line[] {
  return [
    ['store', store.inside, store.outside],
    ['store-upper', store.upper, store.work],
    ...store.inputs.map(input => ['input', input]),
  ];
}

function bindLine({ source, target, readOnly, optional }: Bind): Line {
  return ['bind', source, target, readOnly ? 'ro' : 'rw', ...(optional ? ['opt'] : [])];
}

function hostLines({ user }: HostRoot): readonly Line[] {
  if (user === undefined) return [];
  return [['uid', user.uid], ['gid', user.gid], ...user.groups.map(group => ['group', group])];
}

function programLines(program: Program): readonly Line[] {
  return [
    ...Array.from(program.env, ([name, value]) => ['env', 'set', name, value]),
    ['cwd', program.workingDir],
    ['exec', program.path],
    ['argv0', program.name],
    ...program.args.map(arg => ['arg', arg]),
  ];
}

function when(condition: boolean, line: Line): readonly Line[] {
  return condition ? [line] : [];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

function formatLine(fields: Line): ByteString {
  return `${fields.map(field => encodeField(String(field))).join(' ')}\n`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the bytes that must not appear
const MARKED = /[\x00-\x20%\x7f]/g;

/** Percent-encodes the bytes that the grammar gives a meaning. */
function encodeField(text: ByteString): ByteString {
  if (text.search(MARKED) < 0) return text;
  return text.replace(MARKED, byte => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
