import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHost, type Host } from '../../src/host/host.ts';
import type { Tools } from '../../src/setup/action.ts';
import type { FixtureHost } from './fixture-host.ts';
import { toolsFor } from './setup-plan.ts';

/** What OpenRC's own programs do, with a file in place of each process that runs. */
const PROGRAMS = {
  'rc-service': `
    [ "$1" != --exists ] || { [ -e "$root/etc/init.d/$2" ]; exit; }
    [ "$1" != --quiet ] || shift
    case $2 in
      status) [ -e "$root/run/started/$1" ] || exit 3 ;;
      start) : >"$root/run/started/$1" ;;
      stop) rm -f "$root/run/started/$1" ;;
    esac`,
  'rc-update': `
    case $1 in
      add) ln -sf "/etc/init.d/$2" "$root/etc/runlevels/$3/$2" ;;
      del) rm -f "$root/etc/runlevels/default/$2" ;;
    esac`,
};

/** The fixture's host with OpenRC on it; a daemon answers while its service is started. */
export function withOpenrc(fixture: Pick<FixtureHost, 'root'>): {
  readonly host: Host;
  readonly tools: Tools;
} {
  const { root } = fixture;
  for (const folder of ['etc/runlevels/default', 'run/started'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const [name, body] of Object.entries(PROGRAMS)) {
    const file = join(root, 'bin', name);
    mkdirSync(join(root, 'bin'), { recursive: true });
    writeFileSync(file, `#!/bin/sh\nset -eu\nroot=${root}\n${body}\n`);
    chmodSync(file, 0o755);
  }
  const host = createHost(root, {
    path: `${root}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
  });
  const handshake = () =>
    existsSync(join(root, 'run/started/tenon-daemon'))
      ? Promise.resolve()
      : Promise.reject(new Error('no daemon here'));
  return { host, tools: { ...toolsFor({ host }), handshake } };
}

/** A stock daemon's service as a Gentoo overlay has it, enabled and started. */
export function addStockService({ write, host }: FixtureHost): Promise<void> {
  write('/etc/init.d/nix-daemon', '#!/sbin/openrc-run\n', 0o755);
  write('/run/started/nix-daemon', '');
  return host.writeLink('/etc/runlevels/default/nix-daemon', '/etc/init.d/nix-daemon');
}
