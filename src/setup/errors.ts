import { messageOf, TenonError } from '../base/errors.ts';

/** The host does not let setup begin; nothing was changed. */
export function blocked(reasons: readonly string[], hint: string): TenonError {
  return new TenonError('setup/blocked', `Cannot set up this host: ${reasons.join('; ')}`, {
    hint,
  });
}

/** The service was started and nothing answers. */
export function daemonSilent(socketPath: string, log: string, cause: unknown): TenonError {
  const words = log === '' ? 'its log is empty' : `its log ends with\n${log}`;
  const message = `Cannot reach the daemon at ${socketPath}: it was started, does not answer, and ${words}`;
  return new TenonError('setup/daemon-silent', message, { check: 'daemon.alive', cause });
}

/** Portage would not install the package, or could not build it. */
export function emergeFailed(atom: string, reason: string): TenonError {
  return new TenonError('setup/emerge-failed', `Cannot install ${atom}: emerge says\n${reason}`, {
    hint: 'Do what it asks for, then run "tenon setup" again; with --keep-partial the repository stays for an emerge by hand',
  });
}

/** Another daemon was to take over and did not come up. */
export function notReplaced(said: string, cause?: unknown): TenonError {
  const words =
    said.trim() === '' ? 'its log says nothing' : `what was said last is\n${said.trim()}`;
  return new TenonError(
    'setup/not-replaced',
    `Cannot replace the daemon: the new one did not start, the one before goes on; ${words}`,
    { hint: 'Do what that says, then run "tenon upgrade"', check: 'daemon.version-skew', cause },
  );
}

/** The journal names an action that this version does not have. */
export function unknownAction(kind: string): TenonError {
  return new TenonError(
    'setup/unknown-action',
    `Cannot read the journal: there is no action "${kind}"`,
    {
      hint: 'Use the version of tenon that wrote it, or a later one',
    },
  );
}

/** The journal was damaged, or written by a later version. */
export function badJournal(file: string, reason: string): TenonError {
  return new TenonError('setup/bad-journal', `Cannot read ${file}: ${reason}`, {
    hint: `Keep a copy of ${file} and report it; "tenon uninstall --by-inspection" does without it`,
  });
}

const MOST_TRACES = 12;

/** There is something to uninstall, and nothing says what setup did. */
export function journalLost(file: string, traces: readonly string[]): TenonError {
  const [more, shown] = [traces.slice(MOST_TRACES).length, traces.slice(0, MOST_TRACES).join(', ')];
  const rest = more === 0 ? '' : ` and ${more} more`;
  const message = `Cannot uninstall: ${file} is missing, and these are still there: ${shown}${rest}`;
  return new TenonError('setup/journal-lost', message, {
    hint: 'Run "tenon uninstall --by-inspection", which takes away what is tenon\'s beyond doubt',
    check: 'install.journal',
  });
}

/** Another setup or uninstall holds the journal. */
export function journalBusy(file: string): TenonError {
  return new TenonError(
    'setup/busy',
    `Cannot open ${file}: another setup or uninstall is running`,
    {
      hint: 'Wait until it has ended, then try again',
    },
  );
}

/** What is to be done could not be written down, so nothing of it was done. */
export function noJournal(file: string, cause: unknown): TenonError {
  return new TenonError('setup/no-journal', `Cannot write ${file}: ${messageOf(cause)}`, {
    hint: 'Setup needs a place for its journal; nothing was changed',
    cause,
  });
}

/** An earlier setup was killed half way. */
export function unfinished(): TenonError {
  return new TenonError(
    'setup/unfinished',
    'Cannot set up this host: an earlier setup did not end',
    {
      hint: 'Run "tenon setup --resume" to finish it, or "tenon setup --rollback" to take it back',
    },
  );
}

/** Every block of ids that setup may use has an owner. */
export function noFreeIds({ base, count }: { base: number; count: number }): TenonError {
  const message = `Cannot find ${count} free user ids from ${base} on`;
  return new TenonError('setup/no-free-ids', message, {
    hint: 'Look at "getent passwd" and /etc/subuid for who has them',
    check: 'users.missing',
  });
}

/** The program that runs is not all there. */
export function incompleteProgram(folder: string, file: string): TenonError {
  const message = `Cannot install the program in ${folder}: ${file} is missing`;
  return new TenonError('setup/incomplete-program', message, {
    hint: 'Run "npm run setup" in a fresh checkout',
  });
}

/** A file that should hold a saved plan holds something else. */
export function badPlanFile(file: string, reason: string): TenonError {
  return new TenonError('setup/bad-plan-file', `Cannot use the plan in ${file}: ${reason}`, {
    hint: 'Make one with "tenon plan --out FILE"',
  });
}

/** The host is not as it was when the plan was saved; nothing was changed. */
export function drifted(file: string, reasons: readonly string[]): TenonError {
  const message = `Cannot apply the plan in ${file}: ${reasons.join('; ')} since it was made`;
  return new TenonError('setup/drifted', message, {
    hint: 'Make a new plan with "tenon plan --out FILE", and look at it',
  });
}

/** There is no daemon to start. */
export function notInstalled(): TenonError {
  const message = 'Cannot start the daemon: setup has not installed it here';
  return new TenonError('setup/not-installed', message, { hint: 'Run "tenon setup"' });
}
