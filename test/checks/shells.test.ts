import { describe, expect, test } from '@jest/globals';
import { testAsRoot } from '../support/as-root.ts';
import { checkContext } from '../support/check-context.ts';
import { diagnose } from '../support/doctor.ts';
import { createHealthyHost } from '../support/healthy-host.ts';
import { find, judge, problems } from '../support/judge.ts';

/** The shells of this machine, with start-up files of the test's and an installed command. */
async function judgeShells(files: Readonly<Record<string, string>>) {
  const script = [
    'checkout=$(dirname "$(dirname "$0")")',
    'for folder in /usr/local/bin /etc/profile.d; do mount -t tmpfs tmpfs "$folder"; done',
    'ln -s "$0" /usr/local/bin/tenon',
    ...Object.entries(files).map(
      ([name, text]) => `printf '%s\\n' '${text}' >/etc/profile.d/${name}`,
    ),
  ];
  const hook = 'cp "$checkout/init/profile.d/tenon.sh" /etc/profile.d';
  const { checks } = await diagnose([...script, hook].join('\n'), ['shell']);
  return checks.filter(({ status }) => status !== 'skip' && status !== 'pass');
}

const PROFILES = '/nix/var/nix/profiles/default/bin';

describe('the shells of this machine', () => {
  testAsRoot('find everything where setup put it', async () => {
    expect(await judgeShells({})).toEqual([]);
  });

  testAsRoot('shell.noninteractive: lose tenon when a start-up file replaces PATH', async () => {
    expect(await judgeShells({ 'a.sh': 'PATH=/usr/bin:/bin' })).toMatchObject([
      {
        id: 'shell.noninteractive',
        status: 'warn',
        evidence: expect.arrayContaining([
          {
            source: expect.stringMatching(/bash -lc$/),
            value: expect.stringMatching(/^finds no tenon in .*:\/usr\/bin:\/bin$/),
          },
        ]),
      },
    ]);
  });

  testAsRoot('shell.path-order: find profiles too late when PATH is turned round', async () => {
    expect(
      await judgeShells({ 'z.sh': `PATH=/usr/local/bin:/usr/bin:/bin:${PROFILES}` }),
    ).toMatchObject([
      {
        id: 'shell.path-order',
        evidence: [{ value: expect.stringContaining('comes too late') }, {}],
      },
    ]);
  });

  testAsRoot('shell.path-order: find no profiles when PATH is set anew', async () => {
    expect(await judgeShells({ 'z.sh': 'PATH=/usr/local/bin:/usr/bin:/bin' })).toMatchObject([
      { id: 'shell.path-order', evidence: [{ value: expect.stringContaining('is missing') }, {}] },
    ]);
  });

  testAsRoot('shell.duplicate-hooks: have profiles twice when two scripts add them', async () => {
    const found = await judgeShells({ 'z.sh': `PATH=${PROFILES}:$PATH` });
    expect(found).toMatchObject([{ id: 'shell.duplicate-hooks' }]);
    expect(found[0]?.evidence.slice(-2)).toEqual([
      { source: '/etc/profile.d/tenon.sh', value: 'adds profiles' },
      { source: '/etc/profile.d/z.sh', value: 'adds profiles' },
    ]);
  });
});

describe('shell.sudo-path', () => {
  test.each([
    { file: '/etc/sudoers', text: 'Defaults env_reset, secure_path="/usr/sbin:/usr/bin"\n' },
    { file: '/etc/sudoers.d/local', text: 'Defaults secure_path = /usr/sbin:/usr/bin\n' },
  ])('finds that $file leaves the folder of tenon out', async ({ file, text }) => {
    using fixture = await createHealthyHost();
    fixture.write('/usr/bin/sudo', '', 0o755);
    fixture.write('/etc/sudoers', 'Defaults secure_path="/usr/local/bin:/usr/bin"\n');
    fixture.write('/etc/sudoers.d/ignored.txt', 'Defaults secure_path=/usr/bin\n');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    fixture.write(file, text);
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(['shell.sudo-path warn']);
    expect(find(results, 'shell.sudo-path')?.evidence[0]).toEqual({
      source: file,
      value: 'secure_path = /usr/sbin:/usr/bin',
    });
  });

  test('asks sudo when its files say nothing', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/usr/bin/sudo', '', 0o755);
    fixture.fake('sudo', `echo "Value to override user's \\$PATH with: /usr/bin"`);
    expect(problems(await judge(checkContext(fixture)))).toEqual(['shell.sudo-path warn']);
    fixture.fake('sudo', 'echo Sudo version 1.9');
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });
});
