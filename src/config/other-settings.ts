import type { ByteString } from '../formats/byte-string.ts';
import { printable } from './quoted.ts';

const OFF_VALUES = ['', 'false', 'no', '0'];

/**
 * Settings of stock Nix's daemon that have no effect here, with the reason. Who turns one on learns of it; turned off,
 * they ask for what happens anyway.
 */
const WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map([
  ['sandbox-fallback', 'a build that cannot have its sandbox fails, it never runs without one'],
  ['build-hook', 'builds run on this machine only'],
  ['builders', 'builds run on this machine only'],
  ['pre-build-hook', 'no hooks run'],
  ['post-build-hook', 'no hooks run'],
  ['diff-hook', 'no hooks run'],
  ['run-diff-hook', 'no hooks run'],
  ['repeat', 'builds are not repeated'],
  ['build-repeat', 'builds are not repeated'],
  ['use-cgroups', 'builds run without a cgroup of their own'],
]);

/** Settings of clients, of evaluation, and those that only tune what tenon does in another way. */
const FOR_OTHERS: ReadonlySet<string> = new Set(
  `accept-flake-config access-tokens allow-dirty allow-dirty-locks allow-import-from-derivation
  allow-unsafe-native-code-during-evaluation allowed-uris always-allow-substitutes bash-prompt bash-prompt-prefix
  bash-prompt-suffix build-poll-interval builders-use-substitutes binary-caches-parallel-connections
  commit-lockfile-summary commit-lock-file-summary debugger-on-trace debugger-on-warn download-buffer-size
  download-speed enforce-determinism env-keep-derivations eval-cache eval-cores eval-system flake-registry fsync-store-paths
  http-connections http2 impure-env json-log-path keep-env-derivations lazy-trees lint-absolute-path-literals
  lint-short-path-literals lint-url-literals max-call-depth max-substitution-jobs nar-buffer-size nix-path plugin-files
  preallocate-contents print-missing pure-eval require-drop-supplementary-groups restrict-eval show-trace ssh-auth-sock
  stalled-download-timeout store store-uri sync-before-registering tarball-ttl trace-function-calls
  trace-import-from-derivation trace-verbose trust-tarballs-from-git-forges upgrade-nix-store-path-url use-case-hack
  use-registries use-xdg-base-directories user-agent-suffix warn-dirty warn-large-path-threshold
  warn-short-path-literals`.split(/\s+/),
);

/** What to say about a setting that is not in the table: nothing when it is somebody else's. */
export function warnAboutOther(name: ByteString, value: ByteString): readonly string[] {
  const reason = WITHOUT_EFFECT.get(name);
  if (reason !== undefined)
    return OFF_VALUES.includes(value) ? [] : [`setting '${name}' has no effect: ${reason}`];
  const known = FOR_OTHERS.has(name.startsWith('extra-') ? name.slice(6) : name);
  return known ? [] : [`unknown setting '${printable(name)}'`];
}
