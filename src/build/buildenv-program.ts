import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';

/**
 * The program behind `builtin:buildenv`, which makes what `nix-env` and `nix profile` install: one tree at `out` whose
 * links lead into all packages. It stands alone, because nothing else of tenon is visible in the sandbox.
 */
const { derivations = '', manifest = '', out = '' } = process.env;

/** Packages that others bring along come behind all that somebody chose. */
const FIRST_PROPAGATED_PRIORITY = 1000;
/** Files that each package has of its own. */
const NOT_LINKED =
  /\/(propagated-build-inputs|nix-support|perllocal\.pod|info\/dir|log|manifest\.nix|manifest\.json)$/;

interface Package {
  readonly path: string;
  /** Among packages with the same file the lower number wins. */
  readonly priority: number;
}

/** What each link of the tree has, by the link's path. */
const priorities = new Map<string, number>();

/** The packages to link, in the order of their priorities. The text is `active priority count path…` for each one. */
function parsePackages(text: string): readonly Package[] {
  const words = text.split(/\s+/).filter(word => word !== '');
  const packages: Package[] = [];
  while (words.length > 0) {
    const [active, priority, count] = words.splice(0, 3);
    for (const path of words.splice(0, Number(count)))
      if (active !== 'false') packages.push({ path, priority: Number(priority) });
  }
  return packages.sort((a, b) => a.priority - b.priority || (a.path < b.path ? -1 : 1));
}

/** Links what is in a folder into another one, which exists. */
function linkFolder(from: string, into: string, priority: number): void {
  for (const name of namesIn(from)) {
    const source = `${from}/${name}`;
    const target = `${into}/${name}`;
    if (name.startsWith('.') || NOT_LINKED.test(source)) continue;
    const stats = find(() => statSync(source));
    if (stats === undefined) warn(`skipping dangling symlink '${target}'`);
    else if (stats.isDirectory()) placeFolder(source, target, priority);
    else placeFile(source, target, priority);
  }
}

/** A folder that only one package has is one link; any other is a folder of links. */
function placeFolder(source: string, target: string, priority: number): void {
  const there = find(() => lstatSync(target));
  if (there === undefined) {
    link(source, target, priority);
    return;
  }
  if (there.isSymbolicLink()) {
    const first = realpathSync(target);
    if (!lstatSync(first).isDirectory())
      throw new Error(`collision between '${source}' and non-directory '${first}'`);
    unlinkSync(target);
    mkdirSync(target);
    linkFolder(first, target, priorities.get(target) ?? priority);
  }
  linkFolder(source, target, priority);
}

function placeFile(source: string, target: string, priority: number): void {
  const there = find(() => lstatSync(target));
  if (there?.isDirectory())
    throw new Error(`collision between non-directory '${source}' and directory '${target}'`);
  if (there !== undefined) {
    const other = priorities.get(target) ?? priority;
    if (other === priority) throw new Error(samePriority(source, target, priority));
    if (other < priority) return;
    unlinkSync(target);
  }
  link(source, target, priority);
}

function link(source: string, target: string, priority: number): void {
  symlinkSync(source, target);
  priorities.set(target, priority);
}

function samePriority(source: string, target: string, priority: number): string {
  return (
    `packages '${source}' and '${readlinkSync(target)}' have the same priority ${priority}; ` +
    "use 'nix-env --set-flag priority NUMBER INSTALLED_PKGNAME' to change the priority of one of the conflicting " +
    'packages (0 being the highest priority)'
  );
}

function namesIn(folder: string): readonly string[] {
  if (statSync(folder).isDirectory()) return readdirSync(folder).sort();
  warn(`not including '${folder}' in the user environment because it's not a directory`);
  return [];
}

function propagatedBy(path: string): readonly string[] {
  const list = `${path}/nix-support/propagated-user-env-packages`;
  const text = find(() => readFileSync(list, 'utf8')) ?? '';
  return text.split(/[ \n]/).filter(word => word !== '');
}

/** What is at a path, or undefined when nothing is. */
function find<T extends Stats | string>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function warn(text: string): void {
  process.stderr.write(`warning: ${text}\n`);
}

function linkPackages(chosen: readonly Package[]): void {
  const linked = new Set<string>();
  let counter = FIRST_PROPAGATED_PRIORITY;
  let next = chosen;
  while (next.length > 0) {
    const brought = new Set<string>();
    for (const { path, priority } of next) {
      if (linked.has(path)) continue;
      linked.add(path);
      linkFolder(path, out, priority);
      for (const other of propagatedBy(path)) brought.add(other);
    }
    const missing = [...brought].filter(path => !linked.has(path)).sort();
    next = missing.map(path => ({ path, priority: counter++ }));
  }
}

try {
  mkdirSync(out);
  linkPackages(parsePackages(derivations));
  symlinkSync(manifest, `${out}/manifest.nix`);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
