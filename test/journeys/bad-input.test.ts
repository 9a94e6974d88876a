import { beforeAll, expect, test } from '@jest/globals';
import {
  describeOnCopy,
  openrcHost,
  plainHost,
  runOnCopy,
  tenonInCopy,
} from '../support/host-copy.ts';

type Run = Awaited<ReturnType<typeof runOnCopy>>;

const setup = `${tenonInCopy} setup`;

/** One command on a host of its own that setup could be run on. */
interface Case {
  readonly name: string;
  readonly prepare?: readonly string[];
  readonly script: string;
  readonly status: number;
  /** What the message says, so that the reader knows which thing is meant. */
  readonly says: string;
}

describeOnCopy('setup on a host where it cannot be', () => {
  const cases: readonly Case[] = [
    {
      name: 'without a terminal',
      script: `${setup} </dev/null`,
      status: 3,
      says: 'Give --yes on the command line',
    },
    {
      name: 'with an init system that nobody knows, for a service of its own',
      prepare: ['rm -r /run/openrc'],
      script: `${setup} --yes --mode multi`,
      status: 3,
      says: 'neither systemd nor OpenRC runs here',
    },
    {
      name: 'with a store of another that it is told to stop for',
      prepare: ['mkdir -p /nix/store/x'],
      script: `${setup} --yes --existing stop`,
      status: 3,
      says: 'existing is "stop"',
    },
    {
      name: 'with a root that does not exist',
      script: `${setup} --yes --root /nowhere`,
      status: 2,
      says: '--root /nowhere',
    },
    {
      name: 'as an ordinary user, without a way to become root',
      script: `setpriv --reuid 65534 --regid 65534 --clear-groups ${setup} --yes`,
      status: 6,
      says: 'you are not root',
    },
    {
      name: 'as an ordinary user who wants no elevation',
      prepare: [
        'printf "#!/bin/sh\\nexit 42\\n" >/usr/local/bin/sudo',
        'chmod 755 /usr/local/bin/sudo',
      ],
      script: `setpriv --reuid 65534 --regid 65534 --clear-groups ${setup} --yes --no-elevate`,
      status: 6,
      says: 'you are not root',
    },
    {
      name: 'with a nix.conf that is damaged',
      prepare: ['mkdir /etc/nix', 'echo nonsense >/etc/nix/nix.conf'],
      script: `${setup} --yes`,
      status: 2,
      says: '"/etc/nix/nix.conf" line 1',
    },
    {
      name: 'with a nix.conf that is a directory',
      prepare: ['mkdir -p /etc/nix/nix.conf'],
      script: `${setup} --yes`,
      status: 2,
      says: 'Cannot read "/etc/nix/nix.conf": it is no file',
    },
    {
      name: 'with a tenon.conf that says something impossible',
      prepare: ['mkdir /etc/tenon', 'echo mode = many >/etc/tenon/tenon.conf'],
      script: `${setup} --yes`,
      status: 2,
      says: '"mode" in /etc/tenon/tenon.conf: "many"',
    },
    {
      name: 'with a tenon.conf that has a word that nobody knows',
      prepare: ['mkdir /etc/tenon', 'echo mood = multi >/etc/tenon/tenon.conf'],
      script: `${setup} --yes`,
      status: 2,
      says: 'nothing is called "mood"',
    },
    {
      name: 'with a tenon.conf that cannot be read',
      prepare: ['mkdir -p /etc/tenon/tenon.conf'],
      script: `${setup} --yes`,
      status: 2,
      says: 'Cannot read "/etc/tenon/tenon.conf"',
    },
    {
      name: 'with a variable that says something impossible',
      script: `TENON_USERS_COUNT=none ${setup} --yes`,
      status: 2,
      says: 'TENON_USERS_COUNT: "none"',
    },
    {
      name: 'with a plan that does not exist',
      script: `${setup} --yes --plan /nowhere`,
      status: 2,
      says: 'Cannot open /nowhere',
    },
    {
      name: 'with a plan that is none',
      prepare: ['echo {} >/tmp/plan'],
      script: `${setup} --yes --plan /tmp/plan`,
      status: 2,
      says: 'Cannot use the plan in /tmp/plan: it is no plan of this version',
    },
    {
      name: 'with a plan without an end',
      script: `${setup} --yes --plan /dev/zero`,
      status: 2,
      says: 'Cannot open /dev/zero: there is no file of at most',
    },
    {
      name: 'with a plan for another root than it says',
      script: `${setup} --yes --plan /tmp/plan --root /mnt`,
      status: 2,
      says: '--plan and --root exclude each other',
    },
    ...['setup --yes --root', 'setup --plan', 'plan --out', 'uninstall --yes --root'].map(
      words => ({
        name: `with nothing behind "${words}"`,
        script: `${tenonInCopy} ${words} "$UNSET"`,
        status: 2,
        says: 'names nothing',
      }),
    ),
    {
      name: 'with a folder to save the plan in',
      script: `${tenonInCopy} plan --out /srv >/dev/null; status=$?; [ ! -e /srv.tenon-new ] && exit $status`,
      status: 2,
      says: 'Cannot save the plan to /srv: Cannot write /srv: it is no file',
    },
    {
      name: 'with a device to save the plan in',
      prepare: ['mknod /run/device c 1 7'],
      script: `${tenonInCopy} plan --out /run/device >/dev/null; status=$?; [ -c /run/device ] && exit $status`,
      status: 2,
      says: 'Cannot write /run/device: it is no file',
    },
    {
      name: 'with a store that it does not make',
      script: `${setup} --yes --store-dir /opt/store`,
      status: 3,
      says: 'leave out --store-dir; "tenon start DIR" serves a store elsewhere',
    },
    {
      name: 'with the group of root for builds',
      script: `${setup} --yes --users-group root`,
      status: 3,
      says: 'the group root is that of root',
    },
    {
      name: 'with a group of people for builds',
      prepare: [
        'useradd -m -s /bin/sh person',
        'groupadd -U person people || { groupadd people; gpasswd -a person people; }',
      ],
      script: `${setup} --yes --users-group people`,
      status: 3,
      says: 'the group people has members as which no build may run: person',
    },
    {
      name: 'with a group of users that does not exist',
      script: `${setup} --yes --access-group nobodys`,
      status: 3,
      says: 'access.group is "nobodys", and there is no such group',
    },
    {
      name: 'with a shell that is not there',
      script: `${setup} --yes --shells zsh`,
      status: 3,
      says: 'there is no /etc/zsh/zprofile',
    },
    {
      name: 'with a tenon.conf that has no end',
      prepare: ['mkdir /etc/tenon', 'head -c 10000000 /dev/zero >/etc/tenon/tenon.conf'],
      script: `${setup} --yes`,
      status: 2,
      says: '/etc/tenon/tenon.conf',
    },
    {
      name: 'with bytes in tenon.conf that are no text',
      prepare: ['mkdir /etc/tenon', "printf 'mode = mul\\000ti\\n' >/etc/tenon/tenon.conf"],
      script: `${setup} --yes`,
      status: 2,
      says: '"mode" in /etc/tenon/tenon.conf: "mul?ti"',
    },
    {
      name: 'with nobody to read what it says, and a question to ask',
      script: `{ ${setup} </dev/null; echo $? >/run/status; } | true; exit $(cat /run/status)`,
      status: 3,
      says: 'Give --yes on the command line',
    },
    {
      name: 'with no room for what it says',
      script: `${tenonInCopy} plan >/dev/full`,
      status: 1,
      says: 'error: Cannot write what there is to say: ENOSPC',
    },
    {
      name: 'without an input',
      script: `${setup} <&-`,
      status: 3,
      says: 'Give --yes on the command line',
    },
    {
      name: 'with a read-only /var',
      prepare: ['mount --bind /var/lib /var/lib', 'mount -o remount,bind,ro /var/lib'],
      script: `${setup} --yes`,
      status: 3,
      says: 'nothing can be written to /var/lib, it is read-only',
    },
    {
      name: 'with a read-only /etc',
      prepare: ['mount --bind /etc /etc', 'mount -o remount,bind,ro /etc'],
      script: `${setup} --yes`,
      status: 3,
      says: 'nothing can be written to /etc, it is read-only',
    },
    {
      name: 'with a read-only /usr/local',
      prepare: ['mount --bind /usr/local /usr/local', 'mount -o remount,bind,ro /usr/local'],
      script: `${setup} --yes`,
      status: 3,
      says: 'nothing can be written to /usr/local',
    },
    {
      name: 'with a full disk',
      prepare: ['mount -o remount,size=40m /run/copy'],
      script: `${setup} --yes`,
      status: 3,
      says: 'fs.free-space',
    },
    {
      name: 'with a disk that is full before the program is on it',
      prepare: ['mount -t tmpfs -o size=40m tmpfs /usr/local', ...openrcHost.slice(-1)],
      script: `${setup} --yes; status=$?; [ ! -e /usr/local/lib ] && exit $status`,
      status: 4,
      says: 'ENOSPC',
    },
    {
      name: 'with no room for the journal',
      prepare: ['mount -t tmpfs -o size=4k tmpfs /var/lib'],
      script: `${setup} --yes; status=$?; ls -A /var/lib; exit $status`,
      status: 3,
      says: 'Cannot write /var/lib/tenon/install/journal: ENOSPC',
    },
    ...(['INT', 'TERM'] as const).map(signal => ({
      name: `when SIG${signal} stops it`,
      script: `${setup} --yes & until [ -e /usr/local/lib/tenon.tenon-new ]; do sleep 0.02; done
        kill -${signal} $!; wait $!`,
      status: signal === 'INT' ? 130 : 143,
      says: `Stopped by SIG${signal}`,
    })),
  ];

  test.each(cases)('$name ends with status $status, says so, and changes nothing', async each => {
    const { prepare = [], script, status, says } = each;
    const { code, stderr, changes } = await runOnCopy([...openrcHost, ...prepare], script);
    const lasting = changes.filter(
      change => !/ upper\/var\/log\/tenon(?:\/setup\.log)?\b/.test(change),
    );
    expect({ code, lasting: lasting.slice(0, 9), stderr }).toEqual({
      code: status,
      lasting: [],
      stderr: expect.stringContaining(says),
    });
  });
});

describeOnCopy('a setting that setup cannot use', () => {
  const wrong = [
    ['mode', 'many'],
    ['existing', 'keep'],
    ['init', 'upstart'],
    ['store-dir', 'nix/store'],
    ['state-dir', '~'],
    ['build-dir', ''],
    ['socket-path', 'socket'],
    ['config-file', './nix.conf'],
    ['users-group', 'a b'],
    ['users-prefix', '-x'],
    ['users-base', '-1'],
    ['users-count', '0'],
    ['users-strategy', 'guess'],
    ['access-group', '@wheel'],
    ['shells', 'tcsh'],
    ['caches', 'https://cache.example.org'],
  ] as const;
  const variableOf = (flag: string) => `TENON_${flag.replaceAll('-', '_').toUpperCase()}`;
  let run: Run;

  beforeAll(async () => {
    const lines = wrong.flatMap(([flag, value]) => [
      `echo "[--${flag}]"; ${setup} --yes --${flag}='${value}'; echo "status $?"`,
      `echo "[${variableOf(flag)}]"; ${variableOf(flag)}='${value || 'x'}' ${setup} --yes; echo "status $?"`,
    ]);
    run = await runOnCopy(openrcHost, `exec 2>&1\n${lines.join('\n')}`);
  });

  /** What was said where this was wrong. */
  const partOf = (name: string) =>
    run.stdout.split(/^(?=\[)/m).find(part => part.startsWith(`[${name}]`));

  test.each(wrong.map(([flag]) => flag))('--%s ends with status 2 and is named', flag => {
    const part = partOf(`--${flag}`);
    expect(part).toMatch(/status 2\n$/);
    expect(part).toContain(`Cannot use --${flag}: "`);
  });

  test.each(wrong.map(([flag]) => variableOf(flag)))(
    '%s ends with status 2 and is named',
    variable => {
      const part = partOf(variable);
      expect(part).toMatch(/status 2\n$/);
      expect(part).toContain(`Cannot use ${variable}: "`);
    },
  );

  test('changes nothing', () => {
    expect(run.changes).toEqual([]);
  });
});

describeOnCopy('elevation', () => {
  const recorder = `printf '#!/bin/sh\\n[ "$2" = true ] || { printf "%%s\\\\n" "$*"; exit 42; }\\n'`;
  const asNobody = 'setpriv --reuid 65534 --regid 65534 --clear-groups';
  const tools = (name: string) => [
    `${recorder} >/usr/local/bin/${name}`,
    `chmod 755 /usr/local/bin/${name}`,
  ];

  test.each([
    { name: 'sudo', silent: '-n' },
    { name: 'doas', silent: '-n' },
    { name: 'run0', silent: '--no-ask-password' },
  ])('goes through $name, hands on what counts, and ends with its status', async each => {
    const { name, silent } = each;
    const script = `TENON_USERS_COUNT=3 SECRET=1 ${asNobody} ${setup} --yes --mode multi`;
    const { code, stdout, changes } = await runOnCopy([...plainHost, ...tools(name)], script);
    expect(code).toBe(42);
    expect(stdout).toMatch(new RegExp(`^${silent} env .*${setup} --yes --mode multi\\n$`));
    expect(stdout).toContain('TENON_USERS_COUNT=3');
    expect(stdout).not.toContain('SECRET');
    expect(changes).toEqual([]);
  });
});

describeOnCopy('a plan', () => {
  let run: Run;
  const part = (name: string) =>
    run.stdout.split(/^== /m).find(text => text.startsWith(name)) ?? '';

  beforeAll(async () => {
    const plan = `${tenonInCopy} plan --users-count 2`;
    run = await runOnCopy(
      openrcHost,
      `echo "== first"; ${plan} --json
       echo "== second"; ${plan} --json
       echo "== check"; ${plan} --check >/dev/null; echo "status $?"
       echo "== nobody"; setpriv --reuid 65534 --regid 65534 --clear-groups ${plan}; echo "status $?"
       ${plan} --out /tmp/plan >/dev/null
       echo "== drift"; echo "cores = 1" >/etc/profile.d/tenon.sh
       ${setup} --yes --plan /tmp/plan 2>&1; echo "status $?"; rm /etc/profile.d/tenon.sh
       echo "== apply"; ${setup} --yes --plan /tmp/plan --events 2>/dev/null; echo "status $?"
       echo "== done"; tenon plan --check; echo "status $?"
       echo "== again"; tenon setup --json 2>/dev/null
       echo "== text"; tenon setup --yes 2>&1; echo "status $?"`,
    );
  });

  test('is the same bytes for the same host', () => {
    expect(part('first').replace('first', '')).toBe(part('second').replace('second', ''));
    const { steps, digest } = JSON.parse(part('first').replace('first\n', ''));
    expect(digest).toMatch(/^sha256-/);
    expect(steps[0]).toEqual({
      id: 'account-backups',
      kind: 'account-backups',
      group: 'Accounts',
      target: expect.any(String),
      action: 'create',
      title: expect.any(String),
      reason: expect.any(String),
      undo: expect.any(String),
      risk: 'low',
      before: expect.stringMatching(/^sha256-/),
      after: expect.stringMatching(/^sha256-/),
      requires: [],
    });
  });

  test('tells by status 10 that something is to do, and by 0 that nothing is', () => {
    expect(part('check')).toContain('status 10');
    expect(part('done')).toContain('status 0');
  });

  test('is there for an ordinary user', () => {
    expect(part('nobody')).toContain('Create group nixbld');
    expect(part('nobody')).toContain('status 0');
  });

  test('is not applied to a host that has changed', () => {
    expect(part('drift')).toContain('/etc/profile.d/tenon.sh has changed');
    expect(part('drift')).toContain('status 3');
  });

  test('is applied to a host that has not, with an event for each step', () => {
    const lines = part('apply').trim().split('\n').slice(1);
    expect(lines.pop()).toBe('status 0');
    const events = lines.map(line => JSON.parse(line));
    expect(events).toContainEqual({
      event: 'done',
      id: 'user:nixbld2',
      group: 'Accounts',
      title: 'Create user nixbld2 (uid 30002)',
    });
    expect(events.at(-1)).toMatchObject({ event: 'end', result: 'proved', exitCode: 0 });
  });

  test('has nothing in it the second time, and says so without a question', () => {
    expect(JSON.parse(part('again').replace('again\n', ''))).toMatchObject({
      schemaVersion: 1,
      result: 'nothing-to-do',
      exitCode: 0,
      error: null,
    });
    expect(part('text')).toContain('Nothing to do: this host is set up.');
  });
});

describeOnCopy('a setup that fails on its way', () => {
  const failing = [
    ...openrcHost,
    "printf '#!/bin/sh\\necho no thanks >&2\\nexit 9\\n' >/usr/local/sbin/useradd",
    'chmod 755 /usr/local/sbin/useradd',
  ];

  test('is rolled back, and leaves nothing but a log for those who run the host', async () => {
    const script = `${setup} --yes; echo "status $?"; stat -c %a /var/log/tenon/setup.log; cat /var/log/tenon/setup.log`;
    const { stdout, stderr, changes } = await runOnCopy(failing, script);
    expect(stderr).toMatch(
      /^error: Cannot run "useradd .*no thanks\nRolled back: .*\nThe log is \/var\/log\/tenon\/setup\.log\.\n$/,
    );
    expect(stdout).toContain('status 4\n640\n');
    expect(stdout).toMatch(/ done group:nixbld: [\s\S]* failed user:nixbld1: [\s\S]* roll back: /);
    expect(changes.filter(change => !change.includes('upper/var/log/tenon'))).toEqual([]);
  });

  test('is told to programs as one document', async () => {
    const { code, stdout } = await runOnCopy(failing, `${setup} --yes --json`);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      result: 'failed',
      exitCode: 4,
      error: expect.stringContaining('useradd'),
      log: '/var/log/tenon/setup.log',
    });
  });

  test('stays half done when asked to, until it is taken back', async () => {
    const script = `${setup} --yes --keep-partial; echo "status $?"; getent group nixbld
      ${setup} --yes </dev/null; echo "status $?"; ${setup} --rollback; echo "status $?"; rm -r /var/log/tenon`;
    const { stdout, stderr, changes } = await runOnCopy(failing, script);
    expect(stdout).toMatch(/status 5\nnixbld:x:30000:\n[\s\S]*status 3\n[\s\S]*status 0\n$/);
    expect(stderr).toContain('Kept half done. Run "tenon setup --resume" or');
    expect(changes).toEqual([]);
  });
});

describeOnCopy('an error before anything is done', () => {
  test('is told to programs as one document', async () => {
    const { code, stdout } = await runOnCopy(plainHost, `${setup} --yes --json --mode multi`);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      error: {
        code: 'setup/blocked',
        message: expect.stringContaining('neither systemd nor OpenRC'),
        hint: expect.any(String),
        check: null,
      },
      exitCode: 3,
    });
  });
});
