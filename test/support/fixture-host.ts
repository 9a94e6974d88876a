import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createHost, type Host } from '../../src/host/host.ts';

/** A small root that shadow's tools accept, and the host that works on it. */
export interface FixtureHost extends Disposable {
  readonly root: string;
  readonly host: Host;
  write(path: string, text: string, mode?: number): void;
}

const FILES = [
  ['/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n', 0o644],
  ['/etc/group', 'root:x:0:\nnogroup:x:65534:\n', 0o644],
  ['/etc/shadow', 'root:*:19000:0:99999:7:::\nnobody:*:19000:0:99999:7:::\n', 0o640],
  ['/etc/gshadow', 'root:*::\nnogroup:*::\n', 0o640],
  ['/etc/passwd-', 'root:x:0:0:root:/root:/bin/bash\n', 0o644],
  ['/etc/subuid', '', 0o644],
  ['/etc/subgid', '', 0o644],
  ['/etc/login.defs', 'USERGROUPS_ENAB yes\n', 0o644],
] as const;

/** Setup syncs a lot, which is free where nothing is written to a disk. */
const IN_MEMORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export function createFixtureHost(): FixtureHost {
  const root = mkdtempSync(join(IN_MEMORY, 'tenon-host-'));
  chmodSync(root, 0o755);
  const write = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  for (const [path, text, mode] of FILES) write(path, text, mode);
  for (const folder of ['usr', 'var/lib', 'run', 'var/log'])
    mkdirSync(join(root, folder), { recursive: true });
  return {
    root,
    host: createHost(root),
    write,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
