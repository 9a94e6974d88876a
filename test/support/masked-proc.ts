/** Nothing else that is mounted may undo the mask: a second procfs in sight would. */
const alone =
  "sed -n '/ - proc /p' /proc/self/mountinfo | cut -d' ' -f5 | grep -vx /proc | while read -r other; do umount -l \"$other\"; done";

/**
 * The command that runs what follows in a mount namespace of its own, in which the shell line `mask` has done
 * something to /proc. Takes root.
 */
export function maskedProc(mask: string): readonly [string, ...string[]] {
  const script = `${alone}; ${mask} && exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh'];
}
