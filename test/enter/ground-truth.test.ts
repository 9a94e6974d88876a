import { expect } from '@jest/globals';
import { Ground, isRoot, missingGround, testUnless } from './ground.ts';

/** What a build of stock Nix 2.8 sees (roots.md §8), for a build user as root. */
const DUMP = `
say() { echo "$1=$2"; }
status() { grep "^$1:" /proc/self/status | cut -f2- | tr -s '\\t ' ' ' | sed 's/ $//'; }
read -r pid comm state ppid pgrp session tty rest < /proc/$$/stat
say pid $pid; say session $session; say group $pgrp; say terminal $tty
say ids "$(status Uid)/$(status Gid)/$(status Groups)"
say uid_map "$(tr -s ' ' < /proc/self/uid_map)"; say gid_map "$(tr -s ' ' < /proc/self/gid_map)"
say setgroups "$(cat /proc/self/setgroups)"
for name in NoNewPrivs Seccomp CapInh CapPrm CapEff CapAmb SigBlk SigIgn; do say $name "$(status $name)"; done
say umask $(umask); say core "$(ulimit -Sc)"; say cwd "$PWD"
say host "$(cat /proc/sys/kernel/hostname)"; say domain "$(cat /proc/sys/kernel/domainname)"
say personality "$(cat /proc/self/personality)"
say root "$(ls /)"; say etc "$(ls /etc) $(stat -c %a /etc)"
say dev "$(ls /dev)"
for node in full null random tty urandom zero; do say $node "$(stat -c '%F %t:%T %a' /dev/$node)"; done
for link in fd stdin stdout stderr ptmx; do say $link "$(readlink /dev/$link)"; done
say pts "$(stat -c '%a %t:%T' /dev/pts/ptmx)"; say shm "$(stat -f -c %T /dev/shm) $(stat -c %a /dev/shm)"
say tmp "$(stat -c %a /tmp)"; say build "$(stat -c '%a %u %g' /build)"; say store "$(stat -c '%a %u %g' "$store")"
say rootfs "$(stat -f -c %T /)"
say interfaces $(tail -n +3 /proc/net/dev | cut -d: -f1)
ls /proc/$$/fd > /build/open; say open "$(tr '\\n' ' ' < /build/open)"
say stdin_is "$(readlink /proc/$$/fd/0)"; test /dev/fd/1 -ef /dev/fd/2 && test -t 1 && say output "one terminal"
say home "\${HOME-unset}"; env -0 | sort -z | tr '\\0' ' '
`;

const need = isRoot ? missingGround('memory') : 'needs root, to give the build another user';

testUnless(need)('a sealed root looks like that of stock Nix', async () => {
  using ground = new Ground('memory');

  const { log, outcome } = await ground.run(ground.spec(DUMP));

  expect(outcome).toMatchObject({ kind: 'exited', code: 0 });
  expect(log.split('\n')).toEqual([
    'pid=1',
    'session=1',
    'group=1',
    'terminal=0',
    'ids=1000 1000 1000 1000/100 100 100 100/',
    `uid_map= 1000 ${ground.uid} 1`,
    `gid_map= 100 ${ground.gid} 1`,
    'setgroups=deny',
    'NoNewPrivs=1',
    'Seccomp=2',
    ...['CapInh', 'CapPrm', 'CapEff', 'CapAmb', 'SigBlk', 'SigIgn'].map(
      name => `${name}=0000000000000000`,
    ),
    'umask=0022',
    'core=0',
    'cwd=/build',
    'host=localhost',
    'domain=(none)',
    'personality=00040000',
    'root=bin',
    ...['build', 'dev', 'etc', 'lib', 'lib64', 'proc', 'tmp', 'usr'],
    'etc=passwd 555',
    'dev=fd',
    ...['full', 'null', 'ptmx', 'pts', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'tty'],
    ...['urandom', 'zero'],
    'full=character special file 1:7 666',
    'null=character special file 1:3 666',
    'random=character special file 1:8 666',
    'tty=character special file 5:0 666',
    'urandom=character special file 1:9 666',
    'zero=character special file 1:5 666',
    'fd=/proc/self/fd',
    'stdin=/proc/self/fd/0',
    'stdout=/proc/self/fd/1',
    'stderr=/proc/self/fd/2',
    'ptmx=/dev/pts/ptmx',
    'pts=666 5:2',
    'shm=tmpfs 1777',
    'tmp=1777',
    'build=700 1000 100',
    'store=1775 65534 100',
    'rootfs=tmpfs',
    'interfaces=lo',
    'open=0 1 2 ',
    'stdin_is=/dev/null',
    'output=one terminal',
    'home=unset',
    `PATH=/usr/bin:/bin PWD=/build SHLVL=1 _=/usr/bin/env store=${ground.store} `,
  ]);
});
