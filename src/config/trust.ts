/** Who is at the other end of a socket, as the peer credentials and the user database tell. */
export interface Peer {
  /** The uid's name, or the uid in digits when it has none. */
  readonly user: string;
  /** The primary group's name, or its gid in digits. */
  readonly group: string;
  /** Whether the group database lists the user as a member. */
  isMemberOf(group: string): boolean;
}

export interface TrustSettings {
  readonly trustedUsers: readonly string[];
  readonly allowedUsers: readonly string[];
  readonly buildUsersGroup: string;
}

/** Whether a list of users names the peer: as `*`, by name, or as `@group`. */
export function matchUser(peer: Peer, list: readonly string[]): boolean {
  return list.some(entry => {
    if (entry === '*' || entry === peer.user) return true;
    if (!entry.startsWith('@')) return false;
    const group = entry.slice(1);
    return group === peer.group || peer.isMemberOf(group);
  });
}

/** What the peer may do. Build users may nothing at all: a build must not talk to the daemon that runs it. */
export function trustOf(peer: Peer, settings: TrustSettings): 'trusted' | 'allowed' | 'refused' {
  if (peer.group === settings.buildUsersGroup) return 'refused';
  if (matchUser(peer, settings.trustedUsers)) return 'trusted';
  return matchUser(peer, settings.allowedUsers) ? 'allowed' : 'refused';
}
