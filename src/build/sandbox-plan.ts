import { CA_BUNDLE } from '../config/ca-bundles.ts';
import { pathInside, type StorePath } from '../formats/store-path.ts';
import type { BuilderEnvironment } from './environment.ts';
import type { Bind, HostUser, SandboxSpec, SealedFile, SealedRoot } from './sandbox-spec.ts';

/** Who the builder is inside; outside it is the build user. */
const INSIDE_UID = 1000;
const INSIDE_GID = 100;
const READ_ONLY_FILE = 0o444;
const READ_ONLY_DIRECTORY = 0o555;
export const INSIDE_BUILD_DIR = '/build';

/** Everything that the sandbox of one build depends on. Directories are as the daemon sees them. */
export interface SandboxRequest {
  readonly storeDir: string;
  /** All that the builder sees of the store. */
  readonly inputs: readonly StorePath[];
  readonly outputDir: string;
  readonly overlayWorkDir: string;
  readonly buildDir: string;
  readonly tmpDir: string;
  readonly uid: number;
  readonly gid: number;
  readonly platform: string;
  readonly environment: BuilderEnvironment;
  /** Only fixed outputs may use the network. */
  readonly network: boolean;
  /** Where the host has its certificates. */
  readonly caBundle: string;
  readonly kvm: boolean;
  readonly shmSize: string;
  readonly filterSystemCalls: boolean;
  readonly noNewPrivileges: boolean;
  /** `inside`, `inside=outside`, with `?` at the end when it may be missing. */
  readonly sandboxPaths: readonly string[];
  /** What a builtin builder needs to see of the host. */
  readonly binds: readonly Bind[];
}

/** The sandbox that a builder runs in, equal to that of stock Nix as far as a builder can tell. */
export function planSandbox(request: SandboxRequest): SandboxSpec {
  return { root: sealedRoot(request), ...commonPart(request, INSIDE_BUILD_DIR) };
}

/** The same without a sandbox, as an administrator may ask for. */
export function planUnsealed(request: SandboxRequest, user: HostUser | undefined): SandboxSpec {
  return { root: { kind: 'host', user }, ...commonPart(request, request.buildDir) };
}

/** The store paths among those that the administrator shows to every builder. They need their closures to work. */
export function shownStorePaths(
  storeDir: string,
  sandboxPaths: readonly string[],
): readonly StorePath[] {
  return sandboxPaths.flatMap(text => pathInside(storeDir, parseSandboxPath(text).source) ?? []);
}

function commonPart(request: SandboxRequest, workingDir: string): Omit<SandboxSpec, 'root'> {
  const { environment, platform } = request;
  const { builder, args, env } = environment;
  return {
    program: {
      path: builder,
      name: builder.slice(builder.lastIndexOf('/') + 1),
      args,
      env,
      workingDir,
    },
    terminal: true,
    personality: platform === 'i686-linux' ? ['norandomize', 'linux32'] : ['norandomize'],
    softLimits: [{ resource: 'core', value: 0 }],
    noNewPrivileges: request.noNewPrivileges,
    filterSystemCalls: request.filterSystemCalls,
    scopeAbstractSockets: true,
  };
}

function sealedRoot(request: SandboxRequest): SealedRoot {
  const { storeDir, uid, gid, network, kvm } = request;
  const extra = request.sandboxPaths.map(parseSandboxPath);
  const isInput = ({ source, target }: Bind) =>
    source === target && request.inputs.some(input => input === source);
  return {
    kind: 'sealed',
    network: network ? 'host' : 'new',
    uid: { id: INSIDE_UID, first: INSIDE_UID, outside: uid, count: 1 },
    gid: { id: INSIDE_GID, first: INSIDE_GID, outside: gid, count: 1 },
    store: {
      inside: storeDir,
      outside: storeDir,
      upper: request.outputDir,
      work: request.overlayWorkDir,
      inputs: request.inputs,
    },
    buildDirs: [
      { source: request.buildDir, target: INSIDE_BUILD_DIR },
      { source: request.tmpDir, target: '/tmp' },
    ],
    binds: [
      ...(network ? networkFiles(request.caBundle) : []),
      ...request.binds,
      ...extra.filter(bind => !isInput(bind)),
    ],
    directories: [{ path: '/etc', mode: READ_ONLY_DIRECTORY }],
    files: etcFiles(network),
    devices: extra.some(({ target }) => target === '/dev') ? 'none' : kvm ? 'with-kvm' : 'minimal',
    shmSize: request.shmSize,
  };
}

/** What a fixed-output build sees of the host, to find others by their names. */
function networkFiles(caBundle: string): readonly Bind[] {
  const files = ['/etc/resolv.conf', '/etc/services', '/etc/hosts'].map(path => [path, path]);
  return [...files, [caBundle, CA_BUNDLE]].map(([source = '', target = '']) => ({
    source,
    target,
    readOnly: true,
    optional: true,
  }));
}

function etcFiles(network: boolean): readonly SealedFile[] {
  const files = [
    [
      '/etc/passwd',
      `root:x:0:0:Nix build user:${INSIDE_BUILD_DIR}:/noshell\n` +
        `nixbld:x:${INSIDE_UID}:${INSIDE_GID}:Nix build user:${INSIDE_BUILD_DIR}:/noshell\n` +
        'nobody:x:65534:65534:Nobody:/:/noshell\n',
    ],
    ['/etc/group', `root:x:0:\nnixbld:!:${INSIDE_GID}:\nnogroup:x:65534:\n`],
    network
      ? ['/etc/nsswitch.conf', 'hosts: files dns\nservices: files\n']
      : ['/etc/hosts', '127.0.0.1 localhost\n::1 localhost\n'],
  ] as const;
  return files.map(([path, content]) => ({ path, mode: READ_ONLY_FILE, content }));
}

function parseSandboxPath(text: string): Bind {
  const optional = text.endsWith('?');
  const plain = optional ? text.slice(0, -1) : text;
  const equals = plain.indexOf('=');
  const target = equals < 0 ? plain : plain.slice(0, equals);
  const source = equals < 0 ? plain : plain.slice(equals + 1);
  return { source, target, readOnly: false, optional };
}
