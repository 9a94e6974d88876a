import { beforeAll, expect, test } from '@jest/globals';
import { describeOnCopy, openrcHost, runOnCopy, tenonInCopy } from '../support/host-copy.ts';

const setup = `${tenonInCopy} setup --yes --users-count 2`;
const conf = '/etc/nix/nix.conf';

/** A nix.conf of somebody's own that setup cannot make sense of. */
const broken = [
  'mkdir /etc/nix',
  `printf 'cores = 1\\nthis is nonsense' >${conf}`,
  `chmod 640 ${conf}`,
];

describeOnCopy('a nix.conf that is broken', () => {
  let run: Awaited<ReturnType<typeof runOnCopy>>;
  const part = (name: string) =>
    run.stdout.split(/^== /m).find(text => text.startsWith(name)) ?? '';

  beforeAll(async () => {
    run = await runOnCopy(
      [...openrcHost, ...broken],
      `cp -a ${conf} /run/conf
       echo "== kept"; ${setup} 2>&1; echo "status $?"; cmp ${conf} /run/conf && echo same
       echo "== replaced"; ${setup} --existing replace 2>&1; echo "status $?"; cat ${conf}
       echo "== again"; echo 'cores = 3' >>${conf}; tenon setup --yes --existing replace; tail -1 ${conf}
       sed -i '$d' ${conf}
       echo "== gone"; tenon uninstall --yes --purge-store; echo "status $?"
       cmp ${conf} /run/conf && stat -c 'same, %a' ${conf}`,
    );
  });

  test('stops setup, which names the line and the way to go on', () => {
    expect(part('kept')).toContain(`"${conf}" line 2: "this is nonsense"`);
    expect(part('kept')).toContain('--existing replace');
    expect(part('kept')).toMatch(/status 2\nsame\n$/);
  });

  test('gives way to a new one when it is to be replaced', () => {
    expect(part('replaced')).toMatch(/status 0\n# Settings of the store daemon/);
    expect(part('replaced')).not.toContain('nonsense');
  });

  test('is replaced once: what was written since stays', () => {
    expect(part('again')).toMatch(/Nothing to do[\s\S]*cores = 3\n$/);
  });

  test('is back after uninstall, byte for byte, with its mode', () => {
    expect(part('gone')).toMatch(/no traces found\nstatus 0\nsame, 640\n$/);
  });
});
