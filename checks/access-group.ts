import { hasCode, messageOf } from '../src/base/errors.ts';
import { trustOf } from '../src/config/trust.ts';
import { defineCheck, type Evidence, type Fix } from '../src/doctor/check.ts';
import type { Accounts, CheckContext } from '../src/doctor/context.ts';
import { describeWaypoint, type Waypoint, walkPath } from '../src/doctor/path-walk.ts';

interface Found {
  readonly evidence: readonly Evidence[];
  readonly cause: string;
  readonly fix: Fix;
}

export const accessGroup = defineCheck<CheckContext, Found>({
  id: 'access.group',
  group: 'users',
  title: 'this user may use the daemon',
  why: 'The socket may be open to the members of a group only, and the daemon takes the users that nix.conf allows. A session keeps the groups that it began with: whoever is added to a group has to log in again.',
  severity: 'error',

  async probe(context) {
    if (context.uid === 0) return undefined;
    const refusal = await context.greetDaemon().then(
      () => undefined,
      error => error,
    );
    if (refusal === undefined) return undefined;
    if (findCode(refusal, 'EACCES')) return await explainClosed(context);
    if (findCode(refusal, 'client/disconnected')) return await explainRefused(context, refusal);
    return { skip: 'no daemon answers, see daemon.alive' };
  },

  explain: ({ evidence, cause }) => ({
    summary: 'this user may not use the daemon',
    evidence,
    cause,
  }),
  fixes: ({ fix }) => [fix],
});

const EXECUTE = 0o1;
const WRITE = 0o2;

/** Where on the way to the socket this process is stopped, and whether a group would help. */
async function explainClosed(context: CheckContext): Promise<Found> {
  const { host, socketPath, uid, gids, readAccounts } = context;
  const way = await walkPath(host, socketPath);
  const closed = way.find(each => !isOpen(each, { uid, gids }));
  const accounts = await readAccounts();
  const evidence = closed === undefined ? [] : [seen(closed.path, describeWaypoint(closed))];
  const user = accounts.users.find(each => each.uid === uid);
  const group = accounts.groups.find(({ gid }) => gid === closed?.facts?.gid);
  const isGroupEnough = closed?.facts !== undefined && may(closed.facts.mode >> 3, closed);
  if (user === undefined || group === undefined || !isGroupEnough) {
    const commands = [['namei', '-l', socketPath]];
    const cause = 'it is closed to everybody but its owner';
    return {
      evidence,
      cause,
      fix: fix('see-way', 'see which folder on the way is closed', commands),
    };
  }
  const isListed = group.gid === user.gid || group.members.includes(user.name);
  evidence.push(seen(`getent group ${group.name}`, group.members.join(', ') || 'no members'));
  evidence.push(seen('id -G', gids.join(' ')));
  if (isListed) {
    const cause = `${user.name} is a member of ${group.name}, and this session began before that`;
    return { evidence, cause, fix: fix('log-in-again', 'log out and in again', []) };
  }
  const commands = [['usermod', '-a', '-G', group.name, user.name]];
  const cause = `only members of ${group.name} may use it`;
  return {
    evidence,
    cause,
    fix: fix('join-group', 'join the group, then log out and in', commands),
  };
}

async function explainRefused(context: CheckContext, refusal: unknown): Promise<Found> {
  const { settings, layout, uid, readAccounts } = context;
  const { user, peer } = peerOf(await readAccounts(), uid);
  const isRefused = trustOf(peer, settings) === 'refused';
  const allowed = settings.allowedUsers.join(' ') || 'nobody';
  return {
    evidence: [
      seen(context.socketPath, messageOf(refusal)),
      seen(layout.nixConfFile, `allowed-users = ${allowed}`),
    ],
    cause: isRefused
      ? `the daemon is told not to serve ${user}`
      : 'the daemon hung up; it may have been told not to serve this user when it started',
    fix: fix(
      'allow',
      `add ${user} to allowed-users in ${layout.nixConfFile}, and restart the daemon`,
      [],
    ),
  };
}

function peerOf({ users, groups }: Accounts, uid: number) {
  const account = users.find(each => each.uid === uid);
  const user = account?.name ?? `${uid}`;
  const group = groups.find(({ gid }) => gid === account?.gid)?.name ?? `${account?.gid}`;
  const isMemberOf = (name: string) =>
    groups.find(each => each.name === name)?.members.includes(user) ?? false;
  return { user, peer: { user, group, isMemberOf } };
}

function isOpen(waypoint: Waypoint, { uid, gids }: Pick<CheckContext, 'uid' | 'gids'>): boolean {
  const { facts } = waypoint;
  if (facts === undefined || facts.kind === 'symlink') return facts !== undefined;
  const shift = facts.uid === uid ? 6 : gids.includes(facts.gid) ? 3 : 0;
  return may(facts.mode >> shift, waypoint);
}

/** A folder has to be entered, a socket to be written to. */
function may(bits: number, { facts }: Waypoint): boolean {
  return (bits & (facts?.kind === 'directory' ? EXECUTE : WRITE)) !== 0;
}

/** A client wraps the system's error. */
function findCode(error: unknown, code: string): boolean {
  if (hasCode(error, code)) return true;
  const { cause } = error as { cause?: unknown };
  return cause !== undefined && findCode(cause, code);
}

function seen(source: string, value: string): Evidence {
  return { source, value };
}

function fix(id: string, description: string, commands: readonly (readonly string[])[]): Fix {
  return {
    id,
    class: 'C',
    description,
    commands,
    reversible: true,
    needsRoot: commands.length > 0,
  };
}
