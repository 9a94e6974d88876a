import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@jest/globals';
import {
  formatSandboxSpec,
  type SandboxSpec,
  type SealedRoot,
} from '../../src/build/sandbox-spec.ts';
import type { EnterOutcome } from '../../src/host/enter.ts';
import { compileEnter } from './compile.ts';
import { startEnter } from './start-enter.ts';

export const isRoot = process.getuid?.() === 0;

/** A test, or one that is skipped with `reason` in its name. */
export function testUnless(reason: string | undefined) {
  return (name: string, body: () => Promise<void> | void): void => {
    if (reason === undefined) test(name, body);
    else test.skip(`${name} (skipped: ${reason})`, body);
  };
}

export const rootTest = testUnless(isRoot ? undefined : 'needs root');

/** Ids that no account of a test machine has. */
export const buildUid = 54_001;
export const buildGid = 54_000;

const TMPFS = 0x01021994;
const OVERLAYFS = 0x794c7630;

/** Why there is no directory for a store view of this kind here, or undefined. */
export function missingGround(kind: 'memory' | 'disk'): string | undefined {
  const { type } = statfsSync(parentOf(kind));
  if (kind === 'memory') return type === TMPFS ? undefined : '/dev/shm is no tmpfs';
  return type === TMPFS || type === OVERLAYFS
    ? `${tmpdir()} cannot be an overlay's upper`
    : undefined;
}

function parentOf(kind: 'memory' | 'disk'): string {
  return kind === 'memory' ? '/dev/shm' : tmpdir();
}

/** A private store with the directories of one build, below a directory that only its owner may enter. */
export class Ground implements Disposable {
  readonly base: string;
  readonly store: string;
  readonly upper: string;
  readonly uid: number;
  readonly gid: number;
  enterPath = compileEnter();
  readonly inputs: string[] = [];

  constructor(kind: 'memory' | 'disk', owner?: { readonly uid: number; readonly gid: number }) {
    this.base = mkdtempSync(join(parentOf(kind), 'enter-'));
    this.store = join(this.base, 'store');
    this.upper = join(this.base, 'build/upper');
    this.uid = owner?.uid ?? (isRoot ? buildUid : (process.getuid?.() ?? 0));
    this.gid = owner?.gid ?? (isRoot ? buildGid : (process.getgid?.() ?? 0));
    for (const name of ['store', 'build', 'build/build', 'build/tmp'])
      mkdirSync(join(this.base, name));
    chownSync(join(this.base, 'build/build'), this.uid, this.gid);
    chmodSync(join(this.base, 'build/build'), 0o700);
    chmodSync(join(this.base, 'build/tmp'), 0o1777);
    if (owner === undefined) return;
    for (const name of ['', 'store', 'build', 'build/tmp'])
      chownSync(join(this.base, name), this.uid, this.gid);
  }

  /** The path of a new input, whose name sorts behind those before. */
  nameInput(name: string): string {
    const path = join(this.store, `${String(this.inputs.length).padStart(32, '0')}-${name}`);
    this.inputs.push(path);
    return path;
  }

  addFileInput(name: string, content: string): string {
    const path = this.nameInput(name);
    writeFileSync(path, content, { mode: 0o444 });
    return path;
  }

  /** A sandbox as the daemon makes it, in which the machine's bash runs `script`. */
  spec(script: string, root: Partial<SealedRoot> = {}): SandboxSpec {
    return {
      root: { ...this.sealedRoot(), ...root },
      program: {
        path: '/bin/bash',
        name: 'bash',
        args: ['-c', script],
        env: new Map([
          ['PATH', '/usr/bin:/bin'],
          ['store', this.store],
        ]),
        workingDir: '/build',
      },
      terminal: true,
      personality: ['norandomize'],
      softLimits: [{ resource: 'core', value: 0 }],
      noNewPrivileges: true,
      filterSystemCalls: true,
      scopeAbstractSockets: true,
    };
  }

  sealedRoot(): SealedRoot {
    const system = ['/bin', '/usr', '/lib', '/lib64'];
    return {
      kind: 'sealed',
      network: 'new',
      uid: { id: 1000, first: 1000, outside: this.uid, count: 1 },
      gid: { id: 100, first: 100, outside: this.gid, count: 1 },
      store: {
        inside: this.store,
        outside: this.store,
        upper: this.upper,
        work: join(this.base, 'build/work'),
        inputs: this.inputs,
      },
      buildDirs: [
        { source: join(this.base, 'build/build'), target: '/build' },
        { source: join(this.base, 'build/tmp'), target: '/tmp' },
      ],
      binds: system
        .filter(path => existsSync(path))
        .map(path => ({ source: path, target: path, readOnly: true, optional: false })),
      directories: [{ path: '/etc', mode: 0o555 }],
      files: [
        { path: '/etc/passwd', mode: 0o444, content: 'nixbld:x:1000:100::/build:/noshell\n' },
      ],
      devices: 'minimal',
      shmSize: '50%',
    };
  }

  async run(spec: SandboxSpec | string): Promise<Run> {
    const whole = typeof spec === 'string' ? this.spec(spec) : spec;
    return await runSpec(this.enterPath, formatSandboxSpec(whole));
  }

  [Symbol.dispose](): void {
    // Outputs may be read-only, and an overlay leaves directories of mode 0 in its work directory.
    execFileSync('chmod', ['-R', 'u+rwX', this.base]);
    rmSync(this.base, { recursive: true, force: true });
  }
}

export interface Run {
  readonly log: string;
  readonly outcome: EnterOutcome;
}

export async function runSpec(enterPath: string, spec: Uint8Array): Promise<Run> {
  await using running = startEnter({ enterPath, spec });
  let log = '';
  for await (const chunk of running.log) log += Buffer.from(chunk).toString('latin1');
  return { log, outcome: await running.ended };
}
