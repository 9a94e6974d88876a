import { type Environment, storeLayout } from '../config/layout.ts';
import { type Output, printable } from '../ui/output.ts';
import { defineCommand, expectNoNames, parseFlags } from './command.ts';
import { loadNixSettings } from './nix-settings.ts';
import { serve } from './serve.ts';
import { readVersion } from './version.ts';

/** What `nix-daemon` is to stock Nix: honours the same variables, and an inherited socket. */
export const daemon = defineCommand({
  name: 'daemon',
  summary: 'Serve the store, in the foreground, until SIGTERM or SIGINT.',
  usage: [
    'tenon daemon [--replaceable | --check | --version]',
    '',
    'Honours NIX_STORE_DIR, NIX_STATE_DIR, NIX_LOG_DIR, NIX_CONF_DIR, NIX_DAEMON_SOCKET_PATH, NIX_CONFIG and',
    'NIX_USER_CONF_FILES, and a socket that systemd hands over. On a signal it takes no new clients and ends when',
    'those that are here are served; SIGHUP counts, unless there is a parent.',
    '',
    '  --replaceable  with a parent that replaces the daemon on SIGHUP, by one that reads nix.conf anew and is the',
    '                 program as it is on disk by then; clients of the one before are served until they leave',
    '  --check        only says whether nix.conf can be used',
  ].join('\n'),

  parse(argv) {
    const { flags, names } = parseFlags('daemon', argv, {
      // Service files written for stock Nix pass it.
      daemon: { type: 'boolean', default: false },
      version: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
    });
    expectNoNames('daemon', names);
    return { version: flags.version, check: flags.check };
  },

  async run({ env, signal, out }, { version, check }) {
    if (version) return await readVersion();
    if (check) return checkSettings(env, out);
    await serve({ layout: storeLayout(env), env, signal, out });
    return undefined;
  },

  render(version, out) {
    if (version !== undefined) out.line(`tenon ${version}`);
  },
});

/** Throws when a file cannot be used. */
function checkSettings(env: Environment, out: Output): undefined {
  const { warnings } = loadNixSettings(storeLayout(env), env);
  for (const warning of warnings) out.remark(`warn: ${printable(warning)}`);
}
