/** The numbers in log messages (Nix: src/libutil/error.hh, logging.hh). */

/** How important a message is. A client wants those up to its own verbosity. */
export const VERBOSITY = {
  error: 0,
  warn: 1,
  notice: 2,
  info: 3,
  talkative: 4,
  chatty: 5,
  debug: 6,
  vomit: 7,
} as const;

export const ACTIVITY = {
  unknown: 0,
  copyPath: 100,
  fileTransfer: 101,
  realise: 102,
  copyPaths: 103,
  builds: 104,
  build: 105,
  optimiseStore: 106,
  verifyPaths: 107,
  substitute: 108,
  queryPathInfo: 109,
  postBuildHook: 110,
  buildWaiting: 111,
} as const;

export const RESULT = {
  fileLinked: 100,
  buildLogLine: 101,
  untrustedPath: 102,
  corruptedPath: 103,
  setPhase: 104,
  /** Fields: done, expected, running, failed. */
  progress: 105,
  /** Fields: type of activity, amount. */
  setExpected: 106,
  postBuildLogLine: 107,
} as const;
