import { describe, expect, test } from '@jest/globals';
import { checkContext } from '../support/check-context.ts';
import { createHealthyHost } from '../support/healthy-host.ts';
import { applyFixes, find, judge, problems } from '../support/judge.ts';

const SHOWN = ['desktop.builders-visible warn'];

describe('desktop.builders-visible', () => {
  test('finds that SDDM lists build users, and hides them beside those that are hidden', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/usr/bin/sddm', '', 0o755);
    fixture.write('/etc/sddm.conf.d/local.conf', '[Theme]\nCurrent=x\n[Users]\nHideUsers=guest\n');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(SHOWN);
    expect(find(results, 'desktop.builders-visible')?.evidence).toEqual([
      { source: 'SDDM', value: 'ids from 1000 to 60000; shows 2: nixbld1, nixbld2' },
    ]);
    await applyFixes(checkContext(fixture), find(results, 'desktop.builders-visible'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    expect(await fixture.host.readText('/etc/sddm.conf.d/tenon-build-users.conf')).toBe(
      '[Users]\nHideUsers=guest,nixbld1,nixbld2\n',
    );
  });

  test('writes no drop-in that /etc/sddm.conf would overrule', async () => {
    using fixture = await createHealthyHost();
    fixture.write('/usr/bin/sddm', '', 0o755);
    fixture.write('/etc/sddm.conf', '[Users]\nHideUsers=guest\n');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(SHOWN);
    expect(find(results, 'desktop.builders-visible')?.fixes).toMatchObject([
      { class: 'M', description: expect.stringContaining('HideUsers=guest,nixbld1,nixbld2') },
    ]);
  });

  test.each([
    { what: 'ids out of range', conf: 'MaximumUid=29999' },
    { what: 'a hidden shell', conf: 'HideShells=/bin/false' },
  ])('is content when SDDM is told of $what', async ({ conf }) => {
    using fixture = await createHealthyHost();
    fixture.write('/usr/bin/sddm', '', 0o755);
    fixture.write('/usr/lib/sddm/sddm.conf.d/x.conf', `[Users]\n${conf}\n`);
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });

  test.each([
    { greeter: 'LightDM', program: '/usr/sbin/lightdm' },
    { greeter: 'AccountsService', program: '/usr/libexec/accounts-daemon' },
  ])(
    'finds that $greeter lists build users with a login shell, and takes it from them',
    async each => {
      const { greeter, program } = each;
      using fixture = await createHealthyHost();
      fixture.write(program, '', 0o755);
      fixture.write('/usr/sbin/nologin', '', 0o755);
      expect(problems(await judge(checkContext(fixture)))).toEqual([]);
      await fixture.host.run(['usermod', '-P', fixture.root, '-s', '/bin/bash', 'nixbld2']);
      const results = await judge(checkContext(fixture));
      expect(problems(results)).toEqual(SHOWN);
      expect(find(results, 'desktop.builders-visible')).toMatchObject({
        evidence: [{ source: greeter, value: expect.stringContaining('shows 1: nixbld2') }],
        fixes: [{ class: 'A', commands: [['usermod', '-s', '/usr/sbin/nologin', 'nixbld2']] }],
      });
      await applyFixes(checkContext(fixture), find(results, 'desktop.builders-visible'));
      expect(problems(await judge(checkContext(fixture)))).toEqual([]);
    },
  );

  test('hides them from two login screens in one go', async () => {
    using fixture = await createHealthyHost();
    for (const program of ['/usr/bin/sddm', '/usr/libexec/accounts-daemon', '/sbin/nologin'])
      fixture.write(program, '', 0o755);
    for (const user of ['nixbld1', 'nixbld2']) await fixture.host.setShell(user, '/bin/bash');
    const results = await judge(checkContext(fixture));
    expect(problems(results)).toEqual(SHOWN);
    expect(find(results, 'desktop.builders-visible')?.fixes).toHaveLength(1);
    await applyFixes(checkContext(fixture), find(results, 'desktop.builders-visible'));
    expect(problems(await judge(checkContext(fixture)))).toEqual([]);
  });
});
