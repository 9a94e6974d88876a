import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { hostNames, storeLayout } from '../../src/config/layout.ts';

const INIT = join(import.meta.dirname, '../../init');
const read = (path: string) => readFileSync(join(INIT, path), 'utf8');

describe('profile.d/tenon.sh', () => {
  const profile = join(INIT, 'profile.d/tenon.sh');
  const run = (env: Record<string, string>) =>
    execFileSync('sh', ['-euc', `. ${profile}; . ${profile}; echo "$PATH|$XDG_DATA_DIRS"; set`], {
      env,
      encoding: 'utf8',
    });

  test('puts the profiles in front once, and keeps the default folders of data', () => {
    const [line] = run({ HOME: '/home/me', PATH: '/bin' }).split('\n');
    expect(line).toBe(
      [
        '/home/me/.nix-profile/bin:/nix/var/nix/profiles/default/bin:/bin',
        '/usr/local/share:/usr/share:/nix/var/nix/profiles/default/share:/home/me/.nix-profile/share',
      ].join('|'),
    );
  });

  test('works without a home, and leaves nothing else behind', () => {
    const output = run({ PATH: '/bin', XDG_DATA_DIRS: '/x' });
    expect(output.split('\n')[0]).toBe(
      '/nix/var/nix/profiles/default/bin:/bin|/x:/nix/var/nix/profiles/default/share',
    );
    expect(output).not.toContain('tenon_');
  });
});

describe('service files', () => {
  const { socketPath } = storeLayout({});

  test('agree with the layout', () => {
    expect(read(`systemd/${hostNames.service}.socket`)).toContain(`ListenStream=${socketPath}\n`);
    expect(read('tmpfiles.d/tenon.conf')).toContain(`d ${socketPath.replace('/socket', '')} 0755`);
    expect(read(`openrc/${hostNames.service}.initd`)).toContain(socketPath.replace('/socket', ''));
  });

  test('have nothing that breaks builds', () => {
    expect(read(`systemd/${hostNames.service}.service`)).not.toMatch(
      /^(?:Protect|Private|Restrict|SystemCall|ReadOnly|Inaccessible|User|DynamicUser|NoNewPriv|Capab)/m,
    );
  });

  const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
  (analyze ? test : test.skip)(
    `satisfy systemd-analyze${analyze ? '' : ' (skipped: it is not installed)'}`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'tenon-units-'));
      try {
        cpSync(join(INIT, 'systemd'), folder, { recursive: true });
        const service = join(folder, `${hostNames.service}.service`);
        const text = read(`systemd/${hostNames.service}.service`);
        writeFileSync(service, text.replaceAll('/usr/bin/tenon', '/bin/true'));
        const { status, stderr } = spawnSync('systemd-analyze', ['verify', service], {
          encoding: 'utf8',
        });
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
