/** After this long, somebody who waits wants to know what for. */
const SLOW_MS = 3000;

interface SlowChecks extends Disposable {
  done(id: string): void;
}

/** Tells once what is still being waited for, when it takes long. */
export function watchSlowChecks(ids: readonly string[], tell: (text: string) => void): SlowChecks {
  const pending = new Set(ids);
  const timer = setTimeout(() => tell(`still waiting for ${[...pending].join(', ')}`), SLOW_MS);
  return {
    done: id => void pending.delete(id),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
