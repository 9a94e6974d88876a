import { TenonError } from '../base/errors.ts';

export function noProcess(pid: number): TenonError {
  return new TenonError(
    'env/no-process',
    `Cannot read the environment of process ${pid}: there is none`,
    {
      hint: 'Run "ps -e" for the processes that are there',
    },
  );
}

export function environmentDenied(pid: number, cause: unknown): TenonError {
  return new TenonError(
    'env/denied',
    `Cannot read the environment of process ${pid}: it is not yours`,
    { hint: `Run it as root, for example "sudo tenon env check --pid ${pid}"`, cause },
  );
}

/** A login shell, or what makes one, did not hand over its environment. */
export function noLogin(user: string, why: string): TenonError {
  return new TenonError(
    'env/no-login',
    `Cannot learn the environment of a login of "${user}": ${why}`,
    {
      hint: `Log in as ${user} and run "tenon env check" there`,
    },
  );
}

/** A file of the user's that is left alone, because changing it could break it. Without `lines`, ours were to go. */
export function leftAlone(file: string, why: string, lines: string | undefined): TenonError {
  return new TenonError('env/left-alone', `Cannot change ${file}: ${why}`, {
    hint:
      lines === undefined
        ? 'Take the lines between the marks "managed by tenon" out of it by hand'
        : `Add this to it by hand:\n${lines}`,
  });
}

/** Portage would read the hook as root from a file that somebody else may change. */
export function unsafeHook(file: string, why: string): TenonError {
  return new TenonError('env/unsafe-hook', `Cannot install the hook ${file}: ${why}`, {
    hint: 'Run "tenon setup" or "emerge sys-apps/tenon" first, then the tenon that they installed',
  });
}
