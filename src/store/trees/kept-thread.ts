import { Worker } from 'node:worker_threads';
import type { KeptModules } from '../../host/kept-modules.ts';

/** Starts a thread that runs kept modules and reads none of their files. */
export function startKept(kept: KeptModules): Worker {
  // Without the options of this process, which may say how its own program is to be read.
  return new Worker(`(${runKept})()`, { eval: true, workerData: kept, execArgv: [] });
}

/** What the thread begins with. It stands alone: its text is all that gets there. */
function runKept(): void {
  const { registerHooks } = process.getBuiltinModule('node:module');
  const { workerData } = process.getBuiltinModule('node:worker_threads');
  const { entry, modules } = workerData as KeptModules;
  registerHooks({
    resolve(specifier, context, next) {
      const url = modules.get(context.parentURL ?? '')?.imports.get(specifier) ?? specifier;
      const kept = modules.get(url);
      if (kept === undefined) return next(specifier, context);
      return { url, format: kept.format, shortCircuit: true };
    },
    load(url, context, next) {
      const kept = modules.get(url);
      if (kept === undefined) return next(url, context);
      return { source: kept.source, format: kept.format, shortCircuit: true };
    },
  });
  void import(entry);
}
