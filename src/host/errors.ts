import { TenonError } from '../base/errors.ts';

/** A program of the host ended with a status that the caller did not expect. */
export function commandFailed(argv: readonly string[], ending: string, output: string): TenonError {
  const [reason = ''] = output.trim().split('\n').slice(-1);
  const because = reason === '' ? '' : `: ${reason}`;
  return new TenonError(
    'host/command-failed',
    `Cannot run "${argv.join(' ')}": it ended with ${ending}${because}`,
  );
}

/** A program that the host should have is not there. */
export function commandMissing(argv: readonly string[], cause: unknown): TenonError {
  const message = `Cannot run "${argv.join(' ')}": there is no program "${argv[0]}"`;
  return new TenonError('host/command-missing', message, { cause });
}

/** A path that is about to be written leads through a symbolic link. */
export function writesThroughLink(path: string): TenonError {
  return new TenonError('host/symlink', `Cannot write ${path}: it is a symbolic link`, {
    hint: `Replace ${path} by a file or directory of its own`,
  });
}

/** A path that is about to be written has a directory or a device. */
export function replacesNoFile(path: string): TenonError {
  return new TenonError('host/no-file', `Cannot write ${path}: it is no file`, {
    hint: 'Name a file, or what does not exist yet',
  });
}

/** An account cannot go while something runs in its name. */
export function userBusy(name: string): TenonError {
  return new TenonError('host/user-busy', `Cannot remove user ${name}: a process runs as it`, {
    hint: `End the processes that "ps -u ${name}" shows, then try again`,
  });
}

/** The sandbox helper ended before it was ready to start builders. */
export function serverEnded(enterPath: string): TenonError {
  return new TenonError('host/enter-ended', `Cannot start builders: ${enterPath} does not run`, {
    hint: `Run "${enterPath} --version" to see why`,
  });
}

/** A call that the system refused. */
export interface SystemRefusal {
  /** The symbolic name, such as ENOSPC. */
  readonly code: string;
  /** The call, such as write; empty when it is not known. */
  readonly call: string;
  /** Undefined when the call knew only a descriptor. */
  readonly path: string | undefined;
  /** A directory on the same file system. */
  readonly directory: string;
}

const OUT_OF_SPACE =
  'Free space there: "df -h DIRECTORY" and "df -i DIRECTORY" show what is left, "nix-collect-garbage" deletes what nothing needs';
const ENTITLE =
  'Look at who may do what there: "ls -ld DIRECTORY" and "findmnt -T DIRECTORY" show it';

/** What the code means, and what to do about it. */
const REFUSALS: Readonly<Record<string, { text: string; hint: string; check?: string }>> = {
  ENOSPC: { text: 'no space left on its file system', hint: OUT_OF_SPACE },
  EDQUOT: { text: 'the quota on its file system is used up', hint: OUT_OF_SPACE },
  EROFS: {
    text: 'its file system is read-only',
    hint: 'Mount it writable: "findmnt -T DIRECTORY" shows which one it is',
  },
  EACCES: { text: 'permission denied', hint: ENTITLE },
  EPERM: { text: 'the system does not permit it', hint: ENTITLE },
  EIO: {
    text: 'the device failed',
    hint: 'Look at the kernel log ("dmesg") and check the disk below DIRECTORY',
  },
  EMFILE: {
    text: 'too many files are open',
    hint: 'Raise the limit of the daemon: LimitNOFILE= of its unit, or rc_ulimit of its OpenRC service',
    check: 'daemon.nofile',
  },
  ENFILE: {
    text: 'too many files are open on this machine',
    hint: 'Raise it: "sysctl fs.file-max" shows the limit',
  },
  ENOMEM: {
    text: 'not enough memory',
    hint: 'Free memory, or allow fewer builds at a time: max-jobs in nix.conf',
  },
};

/** The operating system refused something on the way. */
export function refusedBySystem(what: string, refusal: SystemRefusal, cause: unknown): TenonError {
  const { code, call, path, directory } = refusal;
  const known = REFUSALS[code];
  const reason = known === undefined ? code : `${known.text} (${code})`;
  const where = path === undefined ? `below "${directory}"` : `"${path}"`;
  const step = call === '' ? where : `${call} ${where}`;
  return new TenonError('host/refused', `Cannot ${what}: ${step}: ${reason}`, {
    hint: known?.hint.replaceAll('DIRECTORY', directory),
    check: known?.check,
    cause,
  });
}
