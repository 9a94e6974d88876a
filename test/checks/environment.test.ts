import { describe, expect, test } from '@jest/globals';
import { checkContext } from '../support/check-context.ts';
import { createHealthyHost } from '../support/healthy-host.ts';
import { applyFixes, find, judge, problems } from '../support/judge.ts';

const DAEMON = { pid: 4711, maxOpenFiles: undefined, program: undefined };

describe('env.xdg-default', () => {
  test('finds that the folders of the host are no longer searched', async () => {
    using fixture = await createHealthyHost();
    const env = {
      XDG_DATA_DIRS: '/nix/var/nix/profiles/default/share',
      XDG_CONFIG_DIRS: '/etc/xdg',
    };
    const results = await judge(checkContext(fixture, { env }));
    expect(problems(results)).toEqual(['env.xdg-default warn']);
    expect(find(results, 'env.xdg-default')?.fixes[0]?.commands).toEqual([
      ['export', 'XDG_DATA_DIRS=/nix/var/nix/profiles/default/share:/usr/local/share:/usr/share'],
    ]);
  });

  test.each(['', '/x/share:/usr/share', '/usr/share/'])('takes "%s" for well', async value => {
    using fixture = await createHealthyHost();
    const context = checkContext(fixture, { env: { XDG_DATA_DIRS: value } });
    expect(problems(await judge(context))).toEqual([]);
  });
});

describe('env.locale', () => {
  test.each([{ LANG: 'xx_YY.UTF-8' }, { LANG: 'C', LC_ALL: 'xx_YY' }])(
    'finds a locale that the C library does not have: %o',
    async env => {
      using fixture = await createHealthyHost();
      const results = await judge(checkContext(fixture, { env }));
      expect(problems(results)).toEqual(['env.locale warn']);
      expect(find(results, 'env.locale')?.evidence[1]?.value).toContain('Cannot set');
    },
  );

  test('finds an archive that is gone', async () => {
    using fixture = await createHealthyHost();
    const env = { LOCALE_ARCHIVE: '/nix/store/x-locales/lib/locale/locale-archive' };
    const results = await judge(checkContext(fixture, { env }));
    expect(problems(results)).toEqual(['env.locale warn']);
    fixture.write(env.LOCALE_ARCHIVE, '');
    expect(problems(await judge(checkContext(fixture, { env })))).toEqual([]);
  });

  test.each(['C', 'POSIX', 'C.UTF-8', ''])('takes "%s" for well', async LANG => {
    using fixture = await createHealthyHost();
    expect(problems(await judge(checkContext(fixture, { env: { LANG } })))).toEqual([]);
  });
});

describe('env.gl', () => {
  const profile = '/nix/var/nix/profiles/default/bin';

  test.each([
    { what: 'a program', files: { [`${profile}/game`]: '\0libGL.so.1\0' } },
    {
      what: 'a wrapped program',
      files: {
        [`${profile}/game`]: '#!/bin/sh\nexec "/opt/game/bin/.game-wrapped" "$@"\n',
        '/opt/game/bin/.game-wrapped': '\0libvulkan.so.1\0',
      },
    },
  ])('hints at $what that needs a driver', async ({ files }) => {
    using fixture = await createHealthyHost();
    for (const [path, text] of Object.entries(files)) fixture.write(path, text, 0o755);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['env.gl hint']);
    expect(find(results, 'env.gl')?.evidence[0]?.source).toBe(`${profile}/game`);
  });

  test('has nothing to say of other programs', async () => {
    using fixture = await createHealthyHost();
    fixture.write(`${profile}/hello`, 'libc.so.6', 0o755);
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });
});

describe('net.ca-bundle', () => {
  test('finds that there are no certificates', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/etc/ssl/certs/ca-certificates.crt', '');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['net.ca-bundle warn']);
    expect(find(results, 'net.ca-bundle')?.evidence).toEqual([
      { source: '/etc/ssl/certs/ca-certificates.crt', value: 'has no certificate in it' },
    ]);
  });

  test('finds that build users may not read them', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.setMode('/etc/ssl/certs/ca-certificates.crt', 0o600);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['net.ca-bundle warn']);
    expect(find(results, 'net.ca-bundle')?.evidence[0]?.value).toContain('build users');
  });

  test('knows where other distributions have them, as builds do', async () => {
    using fixture = await createHealthyHost();
    await fixture.host.remove('/etc/ssl/certs/ca-certificates.crt');
    expect(problems(await judge(checkContext(fixture)))).toEqual(['net.ca-bundle warn']);
    fixture.write('/etc/pki/tls/certs/ca-bundle.crt', '-----BEGIN CERTIFICATE-----\n');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test('goes by nix.conf', async () => {
    using fixture = await createHealthyHost();
    const { settings } = checkContext(fixture);
    const context = checkContext(fixture, {
      settings: { ...settings, sslCertFile: '/etc/own.pem' },
    });
    const results = await judge(context);
    expect(problems(results)).toEqual(['net.ca-bundle warn']);
    expect(find(results, 'net.ca-bundle')).toMatchObject({
      evidence: [
        { source: '/etc/own.pem', value: 'there is no such file' },
        { value: 'has certificates' },
      ],
      fixes: [{ class: 'M', description: expect.stringContaining('take ssl-cert-file out') }],
    });
    fixture.write('/etc/own.pem', '-----BEGIN CERTIFICATE-----\n');
    expect(problems(await judge(context))).toEqual([]);
  });
});

describe('net.proxy', () => {
  const env = { HTTPS_PROXY: 'http://me:secret@proxy.example:3128' };

  test('finds a proxy that the daemon does not know, and keeps the password to itself', async () => {
    using fixture = await createHealthyHost();
    const findDaemonProcess = async () => ({ ...DAEMON, environment: new Map() });
    const results = await judge(checkContext(fixture, { env, findDaemonProcess }));
    expect(problems(results)).toEqual(['net.proxy warn']);
    expect(JSON.stringify(find(results, 'net.proxy'))).not.toContain('secret');
  });

  test('tells the service, in a file for root alone that keeps what else it says', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/etc/tenon/daemon.env', "https_proxy='http://old:1'\nTMPDIR='/big'\n", 0o644);
    fixture.fake('rc-service', `echo "$*" >>${fixture.root}/asked`);
    const findDaemonProcess = async () => ({ ...DAEMON, environment: new Map() });
    const exceptions = { no_proxy: 'localhost' };
    const context = checkContext(fixture, { env: { ...env, ...exceptions }, findDaemonProcess });
    await applyFixes(context, find(await judge(context), 'net.proxy'));
    expect(await fixture.host.readText('/etc/tenon/daemon.env')).toBe(
      "TMPDIR='/big'\nhttps_proxy='http://me:secret@proxy.example:3128'\nno_proxy='localhost'\n",
    );
    expect((await fixture.host.look('/etc/tenon/daemon.env'))?.mode).toBe(0o600);
    expect(await fixture.host.readText('/asked')).toContain('tenon-daemon start');
  });

  test.each(["http://a'b", 'http://a b', 'http://a\\b'])(
    'leaves a proxy to somebody else that a file cannot hold: %s',
    async https_proxy => {
      using fixture = await createHealthyHost();
      const findDaemonProcess = async () => ({ ...DAEMON, environment: new Map() });
      const context = checkContext(fixture, { env: { https_proxy }, findDaemonProcess });
      expect(find(await judge(context), 'net.proxy')?.fixes).toMatchObject([{ class: 'M' }]);
    },
  );

  test('is content when the daemon has one, however it is written', async () => {
    using fixture = await createHealthyHost();
    const environment = new Map([['https_proxy', 'http://other:1']]);
    const findDaemonProcess = async () => ({ ...DAEMON, environment });
    expect(problems(await judge(checkContext(fixture, { env, findDaemonProcess })))).toEqual([]);
  });

  test('says so when the environment of the daemon cannot be seen', async () => {
    using fixture = await createHealthyHost();
    const findDaemonProcess = async () => ({ ...DAEMON, environment: undefined });
    const results = await judge(checkContext(fixture, { env, findDaemonProcess }));
    expect(find(results, 'net.proxy')).toMatchObject({ status: 'skip' });
  });
});

describe('net.dns-in-sandbox', () => {
  test.each([
    { flaw: 'names no server', text: '# nothing\noptions edns0\n' },
    { flaw: 'there is no such file', text: undefined },
  ])('finds that /etc/resolv.conf: $flaw', async ({ flaw, text }) => {
    using fixture = await createHealthyHost();
    await fixture.host.remove('/etc/resolv.conf');
    if (text === undefined) fixture.link('/etc/resolv.conf', '../run/gone/stub-resolv.conf');
    else fixture.write('/etc/resolv.conf', text);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['net.dns-in-sandbox warn']);
    expect(find(results, 'net.dns-in-sandbox')?.evidence[0]?.value).toBe(flaw);
  });

  test.each([
    { text: 'nameserver 127.0.0.53\n', found: ['net.dns-in-sandbox warn'] },
    { text: 'nameserver 127.0.0.53\nnameserver ::1\n', found: ['net.dns-in-sandbox warn'] },
    { text: 'nameserver 127.0.0.53\nnameserver 192.0.2.1\n', found: [] },
    { text: 'nameserver 192.0.2.1\n', found: [] },
  ])('asks a server of this machine whether it is there: $text', async ({ text, found }) => {
    using fixture = await createHealthyHost();
    fixture.write('/etc/resolv.conf', text);
    const context = checkContext(fixture, { refusesQueries: async () => true });
    expect(problems(await judge(context))).toEqual(found);
  });
});

test('daemon.fallback finds a session that passes the daemon by', async () => {
  using fixture = await createHealthyHost();
  const results = await judge(checkContext(fixture, { env: { NIX_REMOTE: 'local' } }));
  expect(problems(results)).toEqual(['daemon.fallback warn']);
  for (const NIX_REMOTE of ['', 'auto', 'daemon', 'unix:///nix/var/nix/daemon-socket/socket'])
    expect(problems(await judge(checkContext(fixture, { env: { NIX_REMOTE } })))).toEqual([]);
});
