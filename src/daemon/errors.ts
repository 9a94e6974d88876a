import { TenonError } from '../base/errors.ts';

const WITHOUT_DAEMON =
  "Nix can do it on the store itself, beside the daemon: run the command as the store's owner with NIX_REMOTE=local";

/** A word that is no operation, or none of the version that was agreed on. The stream makes no sense from here. */
export function invalidOperation(number: number): TenonError {
  return new TenonError('daemon/invalid-operation', `invalid operation ${number}`);
}

/** An operation that exists, and that this daemon does not serve. */
export function notServed(name: string): TenonError {
  return new TenonError(
    'daemon/not-served',
    `Cannot serve ${name}: this daemon does not have that operation yet`,
    { hint: WITHOUT_DAEMON },
  );
}

/** A build mode that this daemon does not have. */
export function modeNotServed(mode: string): TenonError {
  return new TenonError(
    'daemon/mode-not-served',
    `Cannot build in ${mode} mode: this daemon does not have it yet`,
    { hint: WITHOUT_DAEMON },
  );
}

/** Something that only users who are trusted may ask for. */
export function notTrusted(what: string): TenonError {
  return new TenonError('daemon/not-trusted', `you are not privileged to ${what}`, {
    hint: "Add the user to 'trusted-users' in nix.conf, which gives it the power of root",
  });
}

/** Somebody whom the settings do not let in. */
export function notAllowed(user: string): TenonError {
  return new TenonError(
    'daemon/not-allowed',
    `user '${user}' is not allowed to connect to the Nix daemon`,
  );
}

/** A link that cannot be a root. */
export function badRootLink(link: string): TenonError {
  return new TenonError(
    'daemon/bad-root-link',
    `Cannot add the root "${link.replaceAll('\0', '')}": it is not an absolute path`,
  );
}

interface Failed {
  readonly path: string;
  readonly outcome: { readonly message: string };
}

/** What a client is told of builds that failed: one failure as it is, several by name. */
export function buildsFailed(first: Failed, others: readonly Failed[]): TenonError {
  if (others.length === 0) return new TenonError('daemon/build-failed', first.outcome.message);
  const paths = [first, ...others].map(({ path }) => `'${path}'`).join(', ');
  return new TenonError('daemon/build-failed', `build of ${paths} failed`);
}

/** The group that builds should run as does not exist. Builds never run as root instead. */
export function noBuildGroup(group: string): TenonError {
  return new TenonError(
    'daemon/no-build-group',
    `the group '${group}' specified in 'build-users-group' does not exist`,
    { hint: 'Run "tenon setup", or create the group and its users', check: 'users.missing' },
  );
}

/** The settings give builders no ids, or some that no process can have. */
export function badBuildIds(first: number, count: number): TenonError {
  return new TenonError(
    'daemon/bad-build-ids',
    `Cannot give builders ids from ${first} on: "id-count" is ${count}, and it takes 65536 for each build at a time, all below 2^32`,
    { hint: 'Take "start-id" and "id-count" out of nix.conf: the defaults serve 128 builds' },
  );
}

/** The build group lists nobody. A primary group alone does not count. */
export function noBuildUsers(group: string): TenonError {
  return new TenonError(
    'daemon/no-build-users',
    `the build users group '${group}' has no members`,
    {
      hint: 'Run "tenon setup", or add users to the group in /etc/group',
      check: 'users.membership',
    },
  );
}
