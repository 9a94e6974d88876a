import { expect, test } from '@jest/globals';
import { findFlaws } from '../../src/doctor/unit-flaws.ts';

/** What systemd 257 shows of a unit without any of these directives. */
const PLAIN = {
  CapabilityBoundingSet: 'cap_chown cap_kill cap_setgid cap_setuid cap_sys_admin cap_setfcap',
  User: '',
  DynamicUser: 'no',
  PrivateUsers: 'no',
  SystemCallFilter: '~',
  RestrictNamespaces: 'no',
};

function flawed(changes: Readonly<Record<string, string>>): readonly string[] {
  const lines = Object.entries({ ...PLAIN, ...changes }).map(([name, value]) => `${name}=${value}`);
  return findFlaws(`${lines.join('\n')}\n`).map(({ property }) => property);
}

test.each([
  { RestrictNamespaces: 'no' },
  { RestrictNamespaces: 'cgroup ipc net mnt pid user uts' },
  { SystemCallFilter: '~reboot swapon' },
  { SystemCallFilter: 'clone clone3 mount pivot_root read umount2 write' },
  { User: 'root' },
])('a unit with %j lets builds run', changes => {
  expect(flawed(changes)).toEqual([]);
});

test.each([
  { RestrictNamespaces: 'yes' },
  { RestrictNamespaces: 'mnt pid user' },
  { SystemCallFilter: '~chroot mount pivot_root umount umount2' },
  { SystemCallFilter: 'clone read write' },
  { CapabilityBoundingSet: 'cap_chown cap_setgid cap_setuid cap_sys_admin' },
  { CapabilityBoundingSet: '' },
  { PrivateUsers: 'yes' },
  { DynamicUser: 'yes' },
  { User: 'ann' },
])('a unit with %j keeps builds from running', changes => {
  expect(flawed(changes)).toEqual(Object.keys(changes));
});

test('of a list only what is wrong with it is shown', () => {
  expect(findFlaws('SystemCallFilter=clone read\nRestrictNamespaces=mnt pid user\n')).toMatchObject(
    [{ value: 'without mount, pivot_root, umount2' }, { value: 'without net, ipc, uts' }],
  );
  expect(findFlaws('SystemCallFilter=~chroot mount reboot')).toMatchObject([{ value: '~mount' }]);
});

test('what systemctl says of other things is passed over', () => {
  expect(findFlaws('Names=x\nnonsense\n\n')).toEqual([]);
});
