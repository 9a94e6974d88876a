import { defineCheck } from '../src/doctor/check.ts';
import type { CheckContext } from '../src/doctor/context.ts';

interface Found {
  readonly link: string;
  readonly target: string;
}

export const fsStoreSymlink = defineCheck<CheckContext, Found>({
  id: 'fs.store-symlink',
  group: 'fs',
  title: 'no symbolic link leads to the store',
  why: 'A build sees the store at its real place, so that with a symbolic link on the way the same build gives other results than elsewhere. The daemon refuses such a store unless allow-symlinked-store is set.',
  severity: 'error',

  async probe({ host, layout, settings, env }) {
    if (settings.allowSymlinkedStore || env.NIX_IGNORE_SYMLINK_STORE === '1') return undefined;
    for (const link of pathsTo(layout.storeDir)) {
      const target = await host.readLink(link);
      if (target !== undefined) return { link, target };
    }
    return undefined;
  },

  explain: ({ link, target }) => ({
    summary: 'a symbolic link leads to the store',
    evidence: [{ source: link, value: `leads to ${target}` }],
    cause: 'the store was moved to another disk',
  }),

  fixes: ({ link, target }) => [
    {
      id: 'bind-mount',
      class: 'C',
      description: `stop the daemon, then mount the folder instead; put "${target} ${link} none bind 0 0" into /etc/fstab to keep it`,
      commands: [
        ['rm', link],
        ['mkdir', link],
        ['mount', '--bind', target, link],
      ],
      reversible: true,
      needsRoot: true,
    },
  ],
});

/** `/nix`, `/nix/store`. */
function pathsTo(path: string): readonly string[] {
  const parts = path.split('/').slice(1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}
