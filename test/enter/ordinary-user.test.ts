import { chmodSync, copyFileSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Ground, isRoot, missingGround, testUnless } from './ground.ts';

/** Ids that nobody has: a person without root, without build users, with the store in a directory of theirs. */
const person = { uid: 54_321, gid: 54_320 };

/** A store of an ordinary user, and the helper as that user starts it. */
function groundOfPerson(kind: 'memory' | 'disk'): Ground {
  if (!isRoot) return new Ground(kind);
  const ground = new Ground(kind, person);
  const helper = join(ground.base, 'enter');
  copyFileSync(ground.enterPath, helper);
  const wrapper = join(ground.base, 'as-person');
  const become = `setpriv --reuid ${person.uid} --regid ${person.gid} --clear-groups`;
  const give = `[ "$1" != --serve ] || chown ${person.uid}:${person.gid} "$2"`;
  writeFileSync(wrapper, `#!/bin/sh\n${give}\nexec ${become} -- ${helper} "$@"\n`);
  chmodSync(wrapper, 0o755);
  ground.enterPath = wrapper;
  return ground;
}

for (const kind of ['memory', 'disk'] as const) {
  const maybe = testUnless(missingGround(kind));
  maybe(`an ordinary user builds in the same root, with a store on ${kind}`, async () => {
    using ground = groundOfPerson(kind);
    const input = ground.addFileInput('file', 'file\n');
    mkdirSync(ground.nameInput('directory'));

    const { log, outcome } = await ground.run(`
      echo $$ $(id -u) $(id -g); tr -s ' ' < /proc/self/uid_map; tr -s ' ' < /proc/self/gid_map
      grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; ls -d1 /[a-km-z]*
      stat -c '%a %u %g' $store; cat ${input}; chmod u+w ${input} || echo > $store/out`);

    expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
    expect(log.split('\n')).toEqual([
      '1 1000 100',
      ` 1000 ${ground.uid} 1`,
      ` 100 ${ground.gid} 1`,
      'CapEff:\t0000000000000000',
      'NoNewPrivs:\t1',
      'Seccomp:\t2',
      ...['/bin', '/build', '/dev', '/etc', '/proc', '/tmp', '/usr'],
      '1775 1000 100',
      'file',
      expect.stringMatching(/^chmod: .*Read-only file system\r?$/),
      '',
    ]);
    expect(lstatSync(join(ground.upper, 'out'))).toMatchObject({
      uid: ground.uid,
      gid: ground.gid,
    });
  });
}

test('an ordinary user builds on the machine itself', async () => {
  using ground = groundOfPerson('memory');
  const spec = ground.spec('id -u; grep ^Seccomp: /proc/self/status');
  const program = { ...spec.program, workingDir: '/' };
  const root = { kind: 'host', user: undefined } as const;
  const { log } = await ground.run({ ...spec, program, root, scopeAbstractSockets: false });
  expect(log).toBe(`${ground.uid}\nSeccomp:\t2\n`);
});

test('an ordinary user cannot map the ids of others', async () => {
  using ground = groundOfPerson('memory');
  const uid = { id: 1000, first: 1000, outside: 1, count: 1 };
  const { outcome } = await ground.run(ground.spec('true', { uid }));
  expect(outcome).toMatchObject({ kind: 'refused', errno: 'EPERM' });
});

test('an ordinary user learns what failed, however early it failed', async () => {
  using ground = groundOfPerson('memory');
  const { store } = ground.sealedRoot();
  const spec = ground.spec('true', { store: { ...store, outside: '/no/such/store' } });
  for (let round = 0; round < 30; round++)
    expect((await ground.run(spec)).outcome).toMatchObject({ word: 'store', errno: 'ENOENT' });
});
