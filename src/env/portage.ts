import type { Variables } from './environment.ts';

/** What decides which variables of a caller reach an ebuild. */
export interface PortageFacts {
  /** Whether there is a Portage at all; where there is none, its deeds are of interest only to who asks for them. */
  readonly isPresent: boolean;
  /** Where its lists come from. */
  readonly origin: 'installed' | 'table';
  /** Of the installed Portage; null where none was found. */
  readonly version: string | null;
  /** Never enter Portage at all. */
  readonly blocked: ReadonlySet<string>;
  /** Enter Portage, and no phase. */
  readonly filtered: ReadonlySet<string>;
  /** Reach every phase from the caller, and are not saved with the package. */
  readonly whitelisted: ReadonlySet<string>;
  readonly whitelistedStarts: readonly string[];
  /** ENV_UNSET: the names, and where they were learned. */
  readonly unset: ReadonlySet<string>;
  readonly unsetOrigin: 'portageq' | 'table';
  /** Whether /etc/profile.env sets PATH, so that phases take it from there. */
  readonly setsPath: boolean;
  /** What could not be asked, and why. */
  readonly remarks: readonly string[];
}

/** What Portage does with a variable of the environment that emerge is started in. */
export type Fate = 'filtered' | 'replaced' | 'unset' | 'whitelisted' | 'reaches';

export const fates: Readonly<Record<Fate, string>> = {
  filtered: 'Portage drops it: no phase sees it',
  replaced: 'Portage sets it itself: no phase sees this value',
  unset: 'ENV_UNSET takes it away in each phase of EAPI 7 and later',
  whitelisted: 'it is on the whitelist: it reaches every phase',
  reaches: 'it reaches every phase and is saved with each package',
};

/** Set for every phase, whatever the caller says (config.environ, ebuild.sh). */
const REPLACED: ReadonlySet<string> = new Set(['HOME', 'TMPDIR', 'TMP', 'TEMP', 'BASH_ENV']);

/** Harm is done before a phase starts: these act on emerge, its helpers and its downloads themselves. */
const FELT_BY_EMERGE: ReadonlySet<string> = new Set([
  'LD_LIBRARY_PATH',
  'LD_PRELOAD',
  'LD_AUDIT',
  'GCONV_PATH',
  'PYTHONPATH',
  'PYTHONHOME',
  'PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'REQUESTS_CA_BUNDLE',
]);

export function isFeltByEmerge(name: string): boolean {
  return FELT_BY_EMERGE.has(name);
}

/** `env` is the environment that the variable is in; an ENV_UNSET in it counts too. */
export function fateOf(name: string, facts: PortageFacts, env: Variables): Fate {
  if (REPLACED.has(name) || (name === 'PATH' && facts.setsPath)) return 'replaced';
  if (facts.blocked.has(name) || facts.filtered.has(name)) return 'filtered';
  if (facts.unset.has(name) || env.get('ENV_UNSET')?.split(/\s+/u).includes(name)) return 'unset';
  const isWhitelisted =
    facts.whitelisted.has(name) || facts.whitelistedStarts.some(start => name.startsWith(start));
  return isWhitelisted ? 'whitelisted' : 'reaches';
}

/** Portage 3.0.82 and the profiles of 2026-08: what holds where no Portage can be asked. */
export const TABLE_DATE = '2026-08-22';

export const tableFacts: PortageFacts = {
  isPresent: false,
  origin: 'table',
  version: null,
  blocked: new Set(['GREP_OPTIONS', '_', 'ROOT', 'EROOT', 'EPREFIX', 'PORTAGE_CONFIGROOT']),
  filtered: new Set(
    words(`
      INFOPATH MANPATH PYTHONUTF8 USER GLOBSORT HISTFILE POSIXLY_CORRECT EMERGE_LOG_DIR FETCH_WRAPPER FETCHCOMMAND
      FETCHCOMMAND_FTP FETCHCOMMAND_HTTP FETCHCOMMAND_HTTPS FETCHCOMMAND_RSYNC FETCHCOMMAND_SFTP FETCHCOMMAND_SSH
      GENTOO_MIRRORS PORTAGE_BINHOST PORTAGE_GPG_DIR PORTAGE_IONICE_COMMAND PORTAGE_LOGDIR
      PORTAGE_LOG_FILTER_FILE_CMD PORTAGE_RO_DISTDIRS PORTAGE_TRUST_HELPER RESUMECOMMAND RESUMECOMMAND_FTP
      RESUMECOMMAND_HTTP RESUMECOMMAND_HTTPS RESUMECOMMAND_RSYNC RESUMECOMMAND_SFTP RESUMECOMMAND_SSH`),
  ),
  whitelisted: new Set(
    words(`
      BASH_ENV COLORTERM COLUMNS DISPLAY ECHANGELOG_USER EDITOR HOME LANG LC_ALL LC_COLLATE LC_CTYPE LC_MESSAGES LC_MONETARY LC_NUMERIC LC_PAPER LC_TIME
      LD_PRELOAD LESS LESSOPEN LOGNAME LS_COLORS MAKEFLAGS MAKEOPTS NINJAOPTS NOCOLOR NO_COLOR PAGER PATH PREROOTPATH
      ROOTPATH TEMP TERM
      TERMCAP TMP TMPDIR XARGS XAUTHORITY CVS_RSH GPG_AGENT_INFO PYTHONDONTWRITEBYTECODE SSH_AGENT_PID SSH_AUTH_SOCK
      STY WINDOW ftp_proxy http_proxy https_proxy no_proxy`),
  ),
  whitelistedStarts: ['CCACHE_', 'DISTCC_', 'QEMU_'],
  unset: new Set(
    words(`
      DBUS_SESSION_BUS_ADDRESS DISPLAY CARGO_HOME GDK_PIXBUF_MODULE_FILE XAUTHORITY XDG_CACHE_HOME XDG_CONFIG_DIRS
      XDG_CONFIG_HOME XDG_DATA_DIRS XDG_DATA_HOME XDG_STATE_HOME XDG_RUNTIME_DIR PERL_MM_OPT PERL5LIB PERL5OPT
      PERL_MB_OPT PERL_CORE PERLPREFIX GOBIN GOPATH`),
  ),
  unsetOrigin: 'table',
  setsPath: true,
  remarks: [],
};

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/u);
}
