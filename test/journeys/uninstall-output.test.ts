import { beforeAll, expect, test } from '@jest/globals';
import { expectGolden } from '../support/golden.ts';
import { describeOnCopy, openrcHost, runOnCopy, tenonInCopy } from '../support/host-copy.ts';

/** A host on which no user has anything. */
const emptyHomes = [...openrcHost, 'mount -t tmpfs tmpfs /home', 'mount -t tmpfs tmpfs /root'];

/** A host with an installation; a user's file among what setup wrote is edited, and a user has a profile. */
const installed = `exec 3>&1 4>&2 >/dev/null 2>&1
  ${tenonInCopy} setup --yes --users-count 2 --shells sh
  echo '# mine' >>/etc/profile.d/tenon.sh
  mkdir -p /root/.cache/nix
  exec >&3 2>&4`;

/** Something that setup made and that nobody can remove now. */
const stuck = 'mount --bind /usr/local/lib/tenon/package.json /usr/local/bin/tenon';

function documents(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
}

/** Without what differs from host to host, and of the many steps those of two groups. */
function golden(document: unknown): string {
  const text = JSON.stringify(
    document,
    (key, value) => {
      if (key === 'undo' && Array.isArray(value))
        return value.filter(({ group }) => ['Accounts', 'Shells'].includes(group));
      return key === 'sizeMib' ? 'N' : value;
    },
    2,
  );
  return text.replace(/"\d+ paths"/, '"NN paths"');
}

describeOnCopy('uninstall for programs', () => {
  let parts: readonly string[];
  let said: string;

  beforeAll(async () => {
    const uninstall = `${tenonInCopy} uninstall`;
    const files = 'find /etc /usr/local /nix /var/lib -newer /etc/profile.d/tenon.sh';
    const run = await runOnCopy(
      emptyHomes,
      `${uninstall} --yes --json 2>/dev/null; echo "status $?"
       ${installed}
       ${files} >/run/before
       ${uninstall} --dry-run --json; echo "status $?"
       ${uninstall} --json </dev/null; echo "status $?"
       ${files} | cmp - /run/before >&2
       ${uninstall} --yes --json 2>/dev/null; echo "status $?"`,
    );
    parts = run.stdout.split(/(?<=^status \d+\n)/m);
    said = run.stderr;
  });

  const document = (index: number) => JSON.parse(parts[index]?.replace(/^status.*/m, '') ?? '');

  test.each(['nothing', 'planned', 'unconfirmed', 'removed'])('is one document: %s', name => {
    const index = ['nothing', 'planned', 'unconfirmed', 'removed'].indexOf(name);
    expectGolden(`uninstall/${name}.json`, golden(document(index)));
    expect(parts[index]).toMatch(new RegExp(`^status ${document(index).exitCode}\n`, 'm'));
  });

  test('changes nothing until it is confirmed, and says so to people aside', () => {
    expect(said).toMatch(/^tenon uninstall\n[\s\S]*\nNothing was changed\.\ntenon uninstall\n/);
    expect(said).toContain('Give --yes');
    expect(said).not.toContain('differ');
  });
});

describeOnCopy('uninstall, event by event,', () => {
  let run: Awaited<ReturnType<typeof runOnCopy>>;
  let events: readonly Record<string, unknown>[];

  beforeAll(async () => {
    run = await runOnCopy(
      emptyHomes,
      `${installed}\n${stuck}\n${tenonInCopy} uninstall --yes --purge-store --purge-users --force --events`,
    );
    events = documents(run.stdout);
  });

  test('begins with the plan', () => {
    const deletes = ['/nix/store', '/nix/var/nix', '/nix/var/log/nix', '/root/.cache/nix'];
    expect(events[0]).toMatchObject({ event: 'plan', deletes });
  });

  test('tells of every step', () => {
    expect(events).toContainEqual({
      event: 'done',
      id: 'user:nixbld2',
      group: 'Accounts',
      title: expect.stringContaining('nixbld2'),
    });
  });

  test('ends with status 5 and what is still there when something cannot be removed', () => {
    expect(run.code).toBe(5);
    expectGolden('uninstall/stuck.json', golden(events.filter(isOfStuck)));
  });
});

function isOfStuck({ event, id }: Record<string, unknown>): boolean {
  return event === 'end' || (event === 'failed' && id === 'command');
}
