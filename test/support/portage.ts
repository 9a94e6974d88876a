import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createHost } from '../../src/host/host.ts';
import { compose } from '../../src/release/compose.ts';
import { formatDist } from '../../src/release/manifest.ts';
import { describeRun, type Outcome, runProgram } from './run-program.ts';

export const checkout = join(import.meta.dirname, '../..');
const pms = join(import.meta.dirname, 'pms/pms');
const phaseLimitMs = 300_000;

/** A composed repository with the release of this checkout, and a later one that differs where a test wants it to. */
export interface Release {
  readonly folder: string;
  readonly repository: string;
  readonly distfiles: string;
  readonly version: string;
}

export async function composeRelease(folder: string): Promise<Release> {
  await compose(createHost('/'), checkout, folder);
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  const distfiles = join(folder, 'distfiles');
  return { folder, repository: join(folder, 'repository'), distfiles, version };
}

/** Adds a version to the repository: that of the checkout, changed by shell lines in its unpacked tarball. */
export function addVersion(release: Release, version: string, change: string): void {
  const { folder, repository, distfiles } = release;
  const package_ = join(repository, 'sys-apps/tenon');
  const name = `tenon-${version}`;
  const script = `
    tar -xJf ${distfiles}/tenon-${release.version}.tar.xz && mv tenon-${release.version} ${name}
    cd ${name} && sed -i 's/"version": "[^"]*"/"version": "${version}"/' package.json
    ${change}
    cd .. && tar -cJf ${distfiles}/${name}.tar.xz ${name} && rm -r ${name}`;
  execFileSync('bash', ['-euc', script], { cwd: folder, stdio: 'pipe' });
  cpSync(join(package_, `tenon-${release.version}.ebuild`), join(package_, `${name}.ebuild`));
  const tarball = readFileSync(join(distfiles, `${name}.tar.xz`), 'latin1');
  const line = formatDist(`${name}.tar.xz`, tarball);
  writeFileSync(join(package_, 'Manifest'), line, { flag: 'a' });
}

/**
 * Has the live ebuild follow a repository in `folder`, which has the release's files and one more. Gives a folder with an
 * npm that brings the packages of the release.
 */
export function addLiveCheckout(release: Release, folder: string): { readonly programs: string } {
  const { repository, distfiles, version } = release;
  const ebuild = join(repository, 'sys-apps/tenon/tenon-9999.ebuild');
  const unpack = `tar -xJf ${distfiles}/tenon-${version}.tar.xz --strip-components=1`;
  const script = `
    mkdir -p ${folder}/checkout ${folder}/programs
    cd ${folder}/checkout
    ${unpack} --exclude='*/node_modules'
    echo 'export const live = true;' >src/live.ts
    git init --quiet
    git add .
    git -c user.name=Ann -c user.email=ann@localhost commit --quiet --message live
    sed -i 's|^\tEGIT_REPO_URI=.*|\tEGIT_REPO_URI="file://${folder}/checkout"|' ${ebuild}
    cat >${folder}/programs/npm <<'EOF'
#!/bin/sh
[ "$*" = 'ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund' ] || exit 1
exec ${unpack} tenon-${version}/node_modules
EOF
    chmod 755 ${folder}/programs/npm`;
  execFileSync('bash', ['-euc', script], { stdio: 'pipe' });
  return { programs: join(folder, 'programs') };
}

type Environment = Readonly<Record<string, string>>;

export interface Wish {
  readonly version: string;
  readonly use: readonly string[];
  /** More variables for the phases. */
  readonly env?: Environment;
}

/** What brings packages into a root of its own. What it says is the result; a refusal throws with it. */
export interface PackageManager {
  readonly root: string;
  install(wish: Wish): Promise<string>;
  remove(version: string): Promise<string>;
}

/** The phase runner beside this file. Compiles a version once, because no flag changes how. */
export function createPhaseRunner(release: Release, folder: string): PackageManager {
  const root = join(folder, 'root');
  bringNode(root);
  const ready = new Set<string>();
  const run = (args: readonly string[], use: readonly string[]) =>
    runPms(args, { ROOT: root, USE: use.join(' ') });
  return {
    root,
    async install({ version, use, env: more = {} }) {
      const work = join(folder, `work-${version}`);
      const env = { ROOT: root, KERNEL_DIR: join(folder, 'kernel'), ...more };
      const built = ready.has(version) ? '' : await build(release, { version, use }, work, env);
      ready.add(version);
      const installed = await run(['install', work], use);
      return built + installed + (await run(['merge', work], use));
    },
    remove: version => run(['unmerge', `sys-apps/tenon-${version}`], []),
  };
}

/** All phases up to the tests; `work` is what "pms install" and "pms merge" go on with. */
async function build(
  release: Release,
  { version, use }: Wish,
  work: string,
  env: Environment,
): Promise<string> {
  const ebuild = join(release.repository, `sys-apps/tenon/tenon-${version}.ebuild`);
  const buildRoot = join(release.folder, 'build-root');
  bringNode(buildRoot);
  const variables = { BROOT: buildRoot, DISTDIR: release.distfiles, USE: use.join(' '), ...env };
  return await runPms(['build', ebuild, work], variables);
}

/** A folder that "pms merge" takes on any machine. */
export async function buildImage(release: Release, wish: Wish, work: string): Promise<void> {
  await build(release, wish, work, {});
  await runPms(['install', work], { USE: wish.use.join(' ') });
}

/** The node that is a dependency. */
function bringNode(root: string): void {
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  const node = join(root, 'usr/bin/node');
  if (!existsSync(node)) symlinkSync(process.execPath, node);
}

/** Little optimisation: what is tested is that it compiles. */
const compilerFlags = { CFLAGS: '-O0', CXXFLAGS: '-O0', LDFLAGS: '-Wl,-O0' };

async function runPms(args: readonly string[], env: Environment): Promise<string> {
  return await output([pms, ...args], { ...compilerFlags, ...env });
}

/** Runs a command with nothing but these variables and PATH. */
export async function output(command: readonly string[], env: Environment): Promise<string> {
  const outcome = await runWith(command, env);
  if (outcome.code !== 0) throw new Error(describeRun(command, outcome));
  return outcome.stdout + outcome.stderr;
}

function runWith(command: readonly string[], env: Environment): Promise<Outcome> {
  const variables = { PATH: process.env.PATH ?? '', ...env };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return runProgram(['env', '-i', ...assignments, ...command], { timeoutMs: phaseLimitMs });
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
