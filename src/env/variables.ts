/**
 * What kinds of variables lead programs to files of a store (installer.md 3.4, gentoo.md 5), how bad a foreign value in
 * each is, and which of them nobody sets for a build on purpose.
 */
export type VariableClass =
  | 'loader'
  | 'plugins'
  | 'build'
  | 'interpreters'
  | 'resources'
  | 'data'
  | 'programs'
  | 'markers'
  | 'other';

/** How bad a finding is; the words of the doctor. */
export type Severity = 'hint' | 'warn' | 'error';

interface ClassFacts {
  readonly severity: Severity;
  readonly what: string;
  /** No build has an honest use for what a caller's environment says here, so Portage may drop it. */
  readonly unwanted: readonly string[];
  /**
   * What somebody may set on purpose, or Gentoo itself sets in /etc/env.d, or no ENV_UNSET can help with: the loader has
   * read LD_PRELOAD before there is a phase, and Gentoo's sandbox needs the name.
   */
  readonly wanted: readonly string[];
}

export const classes: Readonly<Record<VariableClass, ClassFacts>> = {
  loader: {
    severity: 'error',
    what: 'libraries that every program loads',
    unwanted: words('LD_LIBRARY_PATH LD_RUN_PATH LD_AUDIT LD_ORIGIN_PATH GCONV_PATH LOCPATH'),
    wanted: words('LD_PRELOAD'),
  },
  plugins: {
    severity: 'error',
    what: 'modules that programs load while they run',
    unwanted: words(`
      QT_PLUGIN_PATH QT_QPA_PLATFORM_PLUGIN_PATH QML_IMPORT_PATH QML2_IMPORT_PATH
      NIXPKGS_QT5_QML_IMPORT_PATH NIXPKGS_QT6_QML_IMPORT_PATH
      GTK_PATH GTK_EXE_PREFIX GTK_DATA_PREFIX GTK_IM_MODULE_FILE GDK_PIXBUF_MODULE_FILE GDK_PIXBUF_MODULEDIR
      GIO_EXTRA_MODULES GIO_MODULE_DIR GI_TYPELIB_PATH GRL_PLUGIN_PATH GSETTINGS_SCHEMA_DIR
      GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 GST_PLUGIN_SYSTEM_PATH GST_PLUGIN_SYSTEM_PATH_1_0 GST_PLUGIN_SCANNER
      LV2_PATH ALSA_PLUGIN_DIR SPA_PLUGIN_DIR
      LIBVA_DRIVERS_PATH LIBGL_DRIVERS_PATH VDPAU_DRIVER_PATH VK_ICD_FILENAMES VK_DRIVER_FILES VK_LAYER_PATH
      OCL_ICD_VENDORS __EGL_VENDOR_LIBRARY_DIRS __EGL_VENDOR_LIBRARY_FILENAMES`),
    // media-libs/ladspa-sdk sets it in /etc/env.d.
    wanted: words('LADSPA_PATH'),
  },
  build: {
    severity: 'error',
    what: 'headers, libraries and tools that builds find',
    unwanted: words(`
      ACLOCAL_PATH CMAKE_PREFIX_PATH CMAKE_INCLUDE_PATH CMAKE_LIBRARY_PATH CMAKE_PROGRAM_PATH
      CMAKE_MODULE_PATH CMAKE_FRAMEWORK_PATH CMAKE_APPBUNDLE_PATH
      CPATH C_INCLUDE_PATH CPLUS_INCLUDE_PATH OBJC_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX
      NIX_CFLAGS_COMPILE NIX_CFLAGS_LINK NIX_LDFLAGS NIX_CC NIX_BINTOOLS`),
    // The make.conf of crossdev sets PKG_CONFIG_PATH, and ENV_UNSET of the host reaches builds for other roots too.
    wanted: words(`
      PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG PKG_CONFIG_SYSROOT_DIR
      CC CXX CPP AR LD NM AS RANLIB STRIP OBJCOPY CFLAGS CXXFLAGS CPPFLAGS LDFLAGS
      RUSTFLAGS GOFLAGS RUSTUP_HOME CARGO_HOME RUST_SRC_PATH`),
  },
  interpreters: {
    severity: 'error',
    what: 'modules that interpreters load',
    unwanted: words(`
      PYTHONPATH PYTHONHOME GUIX_PYTHONPATH NIX_PYTHONPATH PERLLIB PERL5LIB PERL5OPT RUBYLIB GEM_PATH GEM_HOME
      NODE_PATH LUA_PATH LUA_CPATH GUILE_LOAD_PATH GUILE_LOAD_COMPILED_PATH TCLLIBPATH OCAMLPATH CAML_LD_LIBRARY_PATH
      EMACSLOADPATH GOROOT GOPATH GOBIN`),
    wanted: words('RUBYOPT NODE_OPTIONS JAVA_HOME CLASSPATH'),
  },
  resources: {
    severity: 'warn',
    what: 'certificates, locales, time zones and fonts',
    unwanted: words(`
      NIX_SSL_CERT_FILE LOCALE_ARCHIVE GUIX_LOCPATH FONTCONFIG_FILE FONTCONFIG_PATH GIT_EXEC_PATH`),
    wanted: words(`
      SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE GIT_SSL_CAINFO REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS TZDIR`),
  },
  data: {
    severity: 'warn',
    what: 'data and documentation',
    unwanted: words(`
      XDG_DATA_DIRS XDG_CONFIG_DIRS ASPELL_CONF DICPATH HUNSPELL_PATH XCURSOR_PATH XLOCALEDIR MAGIC`),
    wanted: words(`
      TERMINFO TERMINFO_DIRS MANPATH INFOPATH SGML_CATALOG_FILES XML_CATALOG_FILES XKB_CONFIG_ROOT`),
  },
  programs: {
    severity: 'warn',
    what: 'where programs are found',
    unwanted: [],
    wanted: words('PATH ROOTPATH'),
  },
  markers: {
    severity: 'hint',
    what: 'notes of Nix and Guix to themselves',
    unwanted: words(`
      NIX_PROFILES NIX_PATH NIX_LD NIX_LD_LIBRARY_PATH NIX_STORE GUIX_PROFILE GUIX_ENVIRONMENT IN_NIX_SHELL`),
    wanted: words('NIX_REMOTE NIX_STATE_DIR NIX_CONF_DIR NIX_STORE_DIR NIX_USER_PROFILE_DIR'),
  },
  other: { severity: 'warn', what: 'no variable that is known', unwanted: [], wanted: [] },
};

/** Families whose members are not worth listing. */
const FAMILIES: readonly (readonly [start: string, VariableClass])[] = [
  ['NIX_CFLAGS_', 'build'],
  ['NIX_LDFLAGS', 'build'],
  ['NIX_CC', 'build'],
  ['NIX_BINTOOLS', 'build'],
  ['CMAKE_', 'build'],
  ['PKG_CONFIG', 'build'],
  ['QT_', 'plugins'],
  ['GST_', 'plugins'],
  ['__EGL_', 'plugins'],
  ['LD_', 'loader'],
  ['PYTHON', 'interpreters'],
  ['NIX_', 'markers'],
  ['GUIX_', 'markers'],
];

const CLASS_OF = new Map(
  Object.entries(classes).flatMap(([name, { unwanted, wanted }]) =>
    [...unwanted, ...wanted].map(variable => [variable, name as VariableClass] as const),
  ),
);

export function classOf(variable: string): VariableClass {
  const known = CLASS_OF.get(variable);
  if (known !== undefined) return known;
  return FAMILIES.find(([start]) => variable.startsWith(start))?.[1] ?? 'other';
}

/** The names for ENV_UNSET, sorted. `init/portage/99tenon` says the same to Portage. */
export const unwantedVariables: readonly string[] = Object.values(classes)
  .flatMap(({ unwanted }) => unwanted)
  .sort();

/** Whether ENV_UNSET is the place to stop a poisoned `variable`: it can, and nothing that the user or Portage wants goes with it. */
export function mayBeUnset(variable: string): boolean {
  return /^[A-Z_][A-Z0-9_]*$/iu.test(variable) && !UNTOUCHABLE.has(variable);
}

const UNTOUCHABLE: ReadonlySet<string> = new Set([
  ...Object.values(classes).flatMap(({ wanted }) => wanted),
  ...words('HOME SHELL USER LOGNAME TERM TMPDIR TMP TEMP PWD OLDPWD EDITOR PAGER LESSOPEN'),
]);

/** The host's own programs do not look at these: they are how programs of a store find their own locales and certificates. */
export function isReadByStoreProgramsOnly(variable: string): boolean {
  return STORE_PROGRAMS_ONLY.has(variable);
}

const STORE_PROGRAMS_ONLY: ReadonlySet<string> = new Set(
  words('LOCALE_ARCHIVE GUIX_LOCPATH NIX_SSL_CERT_FILE'),
);

/** A shell says in these where it is and what it runs, not where programs are to look. */
export function isOfTheShell(variable: string): boolean {
  return variable === '_' || variable === 'PWD' || variable === 'OLDPWD';
}

/** What a program assumes where one of these is not set. */
export const defaults: ReadonlyMap<string, string> = new Map([
  ['XDG_DATA_DIRS', '/usr/local/share:/usr/share'],
  ['XDG_CONFIG_DIRS', '/etc/xdg'],
  ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
]);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/u);
}
