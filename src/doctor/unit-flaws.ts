/** A property of a unit with which no sandboxed build can run (host-checks.md, chapter 4). */
export interface UnitFlaw {
  readonly property: string;
  /** Its value, or the part that is wrong with it. */
  readonly value: string;
  readonly consequence: string;
}

interface Rule {
  /** What is wrong with a value that `systemctl show` prints; undefined when builds can run with it. */
  readonly find: (value: string) => string | undefined;
  readonly consequence: string;
}

const NAMESPACES = ['user', 'pid', 'mnt', 'net', 'ipc', 'uts'];
const CAPABILITIES = ['cap_sys_admin', 'cap_setuid', 'cap_setgid', 'cap_setfcap', 'cap_chown'];
const SYSTEM_CALLS = ['clone', 'mount', 'pivot_root', 'umount2'];
const NOT_ROOT = 'the daemon is not root, so that it cannot become the build users';

const RULES: Readonly<Record<string, Rule>> = {
  RestrictNamespaces: {
    find: value =>
      ['no', 'yes', ''].includes(value) ? unless('no', value) : lacks(value, NAMESPACES),
    consequence: 'builds may not have namespaces',
  },
  SystemCallFilter: {
    find: value =>
      value.startsWith('~') ? names(value, SYSTEM_CALLS) : lacks(value, SYSTEM_CALLS),
    consequence: 'builds may not make the system calls that set up a sandbox',
  },
  CapabilityBoundingSet: {
    find: value => lacks(value, CAPABILITIES),
    consequence: 'the daemon may not become the build users or map their ids',
  },
  PrivateUsers: {
    find: value => unless('no', value),
    consequence: 'the build users do not exist for the daemon',
  },
  DynamicUser: { find: value => unless('no', value), consequence: NOT_ROOT },
  User: {
    find: value => (value === '' ? undefined : unless('root', value)),
    consequence: NOT_ROOT,
  },
};

export const UNIT_PROPERTIES = Object.keys(RULES);

/** What stands in the way of builds in the output of `systemctl show`, a property on each line. */
export function findFlaws(shown: string): readonly UnitFlaw[] {
  return shown.split('\n').flatMap(line => {
    const equals = line.indexOf('=');
    const property = line.slice(0, equals);
    const rule = RULES[property];
    const flaw = rule?.find(line.slice(equals + 1));
    if (rule === undefined || flaw === undefined) return [];
    return [{ property, value: flaw, consequence: rule.consequence }];
  });
}

function unless(fine: string, value: string): string | undefined {
  return value === fine ? undefined : value;
}

/** For a list of what is allowed. */
function lacks(list: string, needed: readonly string[]): string | undefined {
  const missing = needed.filter(name => !list.split(' ').includes(name));
  return missing.length === 0 ? undefined : `without ${missing.join(', ')}`;
}

/** For a list of what is forbidden, which starts with a tilde. */
function names(list: string, needed: readonly string[]): string | undefined {
  const forbidden = needed.filter(name => list.slice(1).split(' ').includes(name));
  return forbidden.length === 0 ? undefined : `~${forbidden.join(' ')}`;
}
