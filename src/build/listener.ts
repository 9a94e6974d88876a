import type { StorePath } from '../formats/store-path.ts';

/** Who follows a build: a client's connection. None of these waits, so a slow client never holds up a build. */
export interface BuildListener {
  buildStarted(drvPath: StorePath): void;
  buildEnded(drvPath: StorePath): void;
  /** One line of the builder's output, without its end. Every char code is one byte. */
  logLine(drvPath: StorePath, line: string): void;
  setPhase(drvPath: StorePath, phase: string): void;
  /** A text for people, at one of the protocol's levels: 0 error, 1 warning, 3 info. */
  note(level: number, text: string): void;
}

/** Passes each event to all listeners. */
export function broadcast(listeners: Iterable<BuildListener>): BuildListener {
  const each = (tell: (listener: BuildListener) => void) => {
    for (const listener of listeners) tell(listener);
  };
  return {
    buildStarted: drvPath => each(listener => listener.buildStarted(drvPath)),
    buildEnded: drvPath => each(listener => listener.buildEnded(drvPath)),
    logLine: (drvPath, line) => each(listener => listener.logLine(drvPath, line)),
    setPhase: (drvPath, phase) => each(listener => listener.setPhase(drvPath, phase)),
    note: (level, text) => each(listener => listener.note(level, text)),
  };
}
