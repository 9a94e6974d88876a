import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A module as it was when it was read. */
interface KeptModule {
  readonly source: string;
  readonly format: 'module' | 'module-typescript';
  /** The URL that each of its imports leads to; those of Node itself are not among them. */
  readonly imports: ReadonlyMap<string, string>;
}

/** A module and all that it imports, by URL. */
export interface KeptModules {
  readonly entry: string;
  readonly modules: ReadonlyMap<string, KeptModule>;
}

/** `import … from 'x'`, `export … from 'x'` and `import 'x'`, but not those of types alone, which nobody loads. */
const IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gmu;

/**
 * Reads a module and all that it imports, so that a thread can run it whatever lies in those files by then: a program may
 * be replaced by another version of itself while it runs.
 */
export function keepModules(entry: URL): KeptModules {
  const modules = new Map<string, KeptModule>();
  const left = [entry.href];
  for (let url = left.pop(); url !== undefined; url = left.pop()) {
    if (modules.has(url)) continue;
    const kept = readModule(url);
    modules.set(url, kept);
    left.push(...kept.imports.values());
  }
  return { entry: entry.href, modules };
}

function readModule(url: string): KeptModule {
  const source = readFileSync(fileURLToPath(url), 'utf8');
  const specifiers = Array.from(source.matchAll(IMPORT), ([, specifier = '']) => specifier);
  const own = specifiers.filter(specifier => !specifier.startsWith('node:'));
  return {
    source,
    format: url.endsWith('.ts') ? 'module-typescript' : 'module',
    imports: new Map(own.map(specifier => [specifier, resolveFrom(url, specifier)])),
  };
}

function resolveFrom(url: string, specifier: string): string {
  if (specifier.startsWith('.')) return new URL(specifier, url).href;
  return pathToFileURL(createRequire(url).resolve(specifier)).href;
}
