import { describe, expect, test } from '@jest/globals';
import { compileProgram } from '../enter/compile.ts';
import { testAsRoot } from '../support/as-root.ts';
import { attempts, checkContext } from '../support/check-context.ts';
import { breakAndCure, ownFolder, privateStore } from '../support/doctor.ts';
import { createFixtureHost } from '../support/fixture-host.ts';
import { applyFixes, find, judge } from '../support/judge.ts';

const MAY_NOT_MOUNT = 'setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin';

describe('a kernel that is broken for real is found by exactly the check for it', () => {
  testAsRoot('sandbox.userns: no more user namespaces are allowed', async () => {
    const limit = '/proc/sys/user/max_user_namespaces';
    const seen = await breakAndCure({
      unshare: ['--map-root-user', '--mount'],
      breakIt: `echo 0 > ${limit}`,
      cure: `echo 15000 > ${limit}`,
    });
    expect(seen.found).toEqual(['sandbox.userns error']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('sandbox.proc-masked')).toMatchObject({
      status: 'skip',
      summary: expect.stringContaining('sandbox.userns'),
    });
    expect(seen.broken('sandbox.userns')).toMatchObject({
      cause: expect.stringContaining('user.max_user_namespaces is 0'),
      evidence: [
        { source: 'enter --probe, userns', value: 'ENOSPC' },
        { source: limit, value: '0' },
      ],
      fixes: [{ class: 'C', commands: [['sysctl', '-w', 'user.max_user_namespaces=15000']] }],
    });
  });

  testAsRoot('sandbox.proc-masked: /proc/sys is covered, and nobody may mount', async () => {
    const seen = await breakAndCure({
      breakIt: `mount --bind /proc/sys /proc/sys
        exec 9< /proc/sys/kernel/ostype`,
      runBroken: doctor => `${MAY_NOT_MOUNT} sh -c '${doctor}' "$0"`,
      cure: 'umount --lazy /proc/sys',
    });
    expect(seen.found).toEqual(['sandbox.proc-masked error']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('sandbox.proc-masked')).toMatchObject({
      cause: expect.stringContaining('covered'),
      evidence: [
        { source: 'enter --probe, procfs', value: 'EPERM' },
        { source: '/proc/self/mountinfo', value: 'proc covers /proc/sys' },
      ],
    });
    expect(seen.broken('sandbox.proc-masked')?.fixes[0]).toMatchObject({
      class: 'C',
      commands: [['umount', '--lazy', '/proc/sys']],
    });
  });

  for (const { what, breakIt, cure } of [
    {
      what: 'is covered',
      breakIt: 'mount --bind /proc/sys /proc/sys',
      cure: 'umount --lazy /proc/sys',
    },
    {
      what: 'is read-only',
      breakIt: 'mount -o remount,bind,ro /proc',
      cure: 'mount -o remount,bind,rw /proc',
    },
  ])
    testAsRoot(`sandbox.proc-masked: /proc ${what}, and the daemon does without`, async () => {
      const seen = await breakAndCure({ breakIt, cure });
      expect(seen.found).toEqual(['sandbox.proc-masked hint']);
      expect(seen.introduced).toEqual([]);
      expect(seen.broken('sandbox.proc-masked')).toMatchObject({
        summary: expect.stringContaining('the daemon gives builds a procfs'),
        fixes: [],
      });
    });

  testAsRoot('sandbox.chrooted: in a chroot that PID 1 is not in', async () => {
    const seen = await breakAndCure({
      breakIt: `mkdir ${ownFolder}/root && cd ${ownFolder}/root
        for each in /*; do
          if [ -L $each ]; then cp -P $each .$each; continue; fi
          [ -d $each ] || continue
          mkdir .$each
          if [ $each = ${ownFolder} ]; then mount --bind $each .$each; else mount --rbind $each .$each; fi
        done`,
      runBroken: doctor => `chroot ${ownFolder}/root sh -c '${doctor}' "$0"`,
      cure: ':',
    });
    expect(seen.found).toEqual(['sandbox.chrooted error']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('sandbox.chrooted')).toMatchObject({
      evidence: [{ source: 'enter --probe, userns', value: 'EPERM' }, expect.anything()],
      fixes: [{ class: 'M' }],
    });
  });

  testAsRoot('sandbox.chrooted: in a chroot that looks like the root directory', async () => {
    const seen = await breakAndCure({
      breakIt: `mkdir ${ownFolder}/root && mount --rbind / ${ownFolder}/root`,
      runBroken: doctor => `chroot ${ownFolder}/root sh -c '${doctor}' "$0"`,
      cure: ':',
    });
    expect(seen.found).toEqual(['sandbox.chrooted error']);
    expect(seen.introduced).toEqual([]);
  });

  testAsRoot('sandbox.seccomp: a filter refuses user namespaces', async () => {
    const refuse = compileProgram('refuse-namespaces.c');
    const seen = await breakAndCure({
      breakIt: ':',
      runBroken: doctor => `'${refuse}' /bin/sh -c '${doctor}' "$0"`,
      cure: ':',
    });
    expect(seen.found).toEqual(['sandbox.seccomp error']);
    expect(seen.introduced).toEqual([]);
    expect(seen.broken('sandbox.seccomp')).toMatchObject({
      evidence: [
        { source: 'enter --probe, userns', value: 'EPERM' },
        { source: '/proc/self/status', value: 'Seccomp: 2' },
      ],
      fixes: [{ class: 'M' }],
    });
  });

  for (const value of ['false', 'relaxed'])
    testAsRoot(`sandbox.effective: sandbox = ${value}`, async () => {
      const conf = `${privateStore}/etc/nix/nix.conf`;
      const seen = await breakAndCure({
        breakIt: `echo 'sandbox = ${value}' >> ${conf}`,
        cure: `echo 'sandbox = true' >> ${conf}`,
      });
      expect(seen.found).toEqual(['sandbox.effective warn']);
      expect(seen.introduced).toEqual([]);
      expect(seen.broken('sandbox.effective')?.evidence).toEqual([
        { source: conf, value: `sandbox = ${value}` },
      ]);
    });
});

test('sandbox.proc-masked: an ordinary user cannot tell whether the daemon does without', async () => {
  using fixture = createFixtureHost();
  const probeSandbox = async () => attempts({ E: 'EPERM', I: 'EPERM' });
  const results = await judge(checkContext(fixture, { uid: 1000, probeSandbox }));
  expect(find(results, 'sandbox.proc-masked')).toMatchObject({
    status: 'warn',
    fixes: [
      { id: 'ask-as-root', commands: [['tenon', 'doctor', 'sandbox.proc-masked']] },
      expect.anything(),
      expect.anything(),
    ],
  });
});

describe('sandbox.apparmor-userns', () => {
  test.each([
    {
      what: 'a profile without userns',
      failures: { A: 'EACCES', B: 'EACCES', C: 'EACCES', D: 'EACCES', E: 'EACCES', F: 'EACCES' },
      files: { '/proc/self/attr/apparmor/current': 'tenon (enforce)\n' },
      cause: 'the AppArmor profile',
    },
    {
      what: 'a kernel that takes capabilities away',
      failures: { B: 'EPERM', I: 'EPERM' },
      files: { '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': '1\n' },
      cause: 'AppArmor takes away',
    },
  ])('finds $what', async ({ failures, files, cause }) => {
    using fixture = createFixtureHost();
    for (const name of ['user', 'pid', 'mnt', 'net', 'ipc', 'uts'])
      fixture.write(`/proc/self/ns/${name}`, '');
    for (const [path, text] of Object.entries(files)) fixture.write(path, text);
    const probeSandbox = async () => attempts(failures);
    const results = await judge(checkContext(fixture, { probeSandbox }));
    const sandbox = results.filter(({ group }) => group === 'sandbox');
    expect(sandbox.filter(({ status }) => status === 'error')).toMatchObject([
      { id: 'sandbox.apparmor-userns', cause: expect.stringContaining(cause) },
    ]);
  });
});

test('sandbox.fake-home: a build made it, and the fix takes it away', async () => {
  using fixture = createFixtureHost();
  fixture.write('/homeless-shelter/.config/settings', 'x');
  const context = checkContext(fixture);
  const result = find(await judge(context), 'sandbox.fake-home');
  expect(result).toMatchObject({ status: 'warn', fixes: [{ class: 'A', reversible: false }] });
  await applyFixes(context, result);
  expect(find(await judge(context), 'sandbox.fake-home')?.status).toBe('pass');
});
