import { storeLayout } from '../config/layout.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { serve } from './serve.ts';
import { readVersion } from './version.ts';

/** What `nix-daemon` is to stock Nix: honours the same variables, and an inherited socket. */
export const daemon = defineCommand({
  name: 'daemon',
  summary: 'Serve the store, in the foreground, until SIGTERM or SIGINT.',
  usage: [
    'tenon daemon [--version]',
    '',
    'Honours NIX_STORE_DIR, NIX_STATE_DIR, NIX_LOG_DIR, NIX_CONF_DIR, NIX_DAEMON_SOCKET_PATH, NIX_CONFIG and',
    'NIX_USER_CONF_FILES, and a socket that systemd hands over. On a signal it takes no new clients and ends when',
    'those that are here are served.',
  ].join('\n'),

  parse(argv) {
    const { flags, names } = parseFlags('daemon', argv, {
      // Service files written for stock Nix pass it.
      daemon: { type: 'boolean', default: false },
      version: { type: 'boolean', default: false },
    });
    expectNoNames('daemon', names);
    return { version: flags.version };
  },

  async run({ env, signal, out }, { version }) {
    if (version) return await readVersion();
    await serve({ layout: storeLayout(env), env, signal, out });
    return undefined;
  },

  render(version, out) {
    if (version !== undefined) out.line(`tenon ${version}`);
  },
});
