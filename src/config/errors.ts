import { messageOf, TenonError } from '../base/errors.ts';
import { quoted } from './quoted.ts';

/** Where a setting was written: a file and a line that counts from 1. */
export interface Origin {
  readonly file: string;
  readonly line?: number | undefined;
}

/** A variable that has to hold an absolute path holds another. */
export function relativeDirectory(variable: string, value: string): TenonError {
  return new TenonError(
    'config/relative-directory',
    `Cannot use ${variable}: ${quoted(value)} is not an absolute path`,
    { hint: `Set ${variable} to a path that starts with "/", or unset it` },
  );
}

/** A line of nix.conf is neither a setting nor an include. */
export function badLine(origin: Origin, line: string): TenonError {
  return new TenonError(
    'config/bad-line',
    `Cannot read ${place(origin)}: ${quoted(line)} is no "name = value" and no "include file"`,
    { hint: `Correct the line, or put "#" in front of it` },
  );
}

/** A setting has a value that it cannot have. */
export function badValue(
  origin: Origin,
  name: string,
  value: string,
  expected: string,
): TenonError {
  return new TenonError(
    'config/bad-value',
    `Cannot read ${place(origin)}: setting "${name}" is ${quoted(value)} and not ${expected}`,
    { hint: `Set "${name}" to ${expected}` },
  );
}

export function missingInclude(origin: Origin, file: string): TenonError {
  return new TenonError(
    'config/missing-include',
    `Cannot read ${place(origin)}: the included file ${quoted(file)} does not exist`,
    { hint: 'Create the file, or write "!include" where it may be missing' },
  );
}

export function relativeInclude(origin: Origin, file: string): TenonError {
  return new TenonError(
    'config/relative-include',
    `Cannot read ${place(origin)}: it is in no directory that ${quoted(file)} could be relative to`,
    { hint: 'Include the file by its absolute path' },
  );
}

export function includeCycle(origin: Origin, file: string): TenonError {
  return new TenonError(
    'config/include-cycle',
    `Cannot read ${place(origin)}: ${quoted(file)} includes itself`,
    { hint: 'Remove one of the includes' },
  );
}

export function tooManyIncludes(origin: Origin, limit: number): TenonError {
  return new TenonError(
    'config/too-many-includes',
    `Cannot read ${place(origin)}: more than ${limit} files are included`,
    { hint: 'Merge some of the included files' },
  );
}

/** There is a configuration file, and the system does not let it be read. */
export function unreadable(file: string, cause: unknown): TenonError {
  return new TenonError('config/unreadable', `Cannot read ${quoted(file)}: ${messageOf(cause)}`, {
    hint: `Look at "ls -l ${file}"`,
    cause,
  });
}

export function confTooLong(file: string, limitBytes: number): TenonError {
  return new TenonError(
    'config/too-long',
    `Cannot read ${quoted(file)}: it is longer than ${limitBytes} bytes`,
    { hint: 'Check that this is a configuration file' },
  );
}

/** A value that nix.conf cannot express was to be written to it. */
export function unwritableSetting(name: string, value: string): TenonError {
  return new TenonError(
    'config/unwritable',
    `Cannot write setting ${quoted(name)}: nix.conf has no way to say ${quoted(value)}`,
    { hint: 'Leave out line breaks, "#" and doubled blanks' },
  );
}

export function unwritableTenonConf(name: string, value: string): TenonError {
  return new TenonError(
    'config/unwritable-answer',
    `Cannot write ${quoted(name)}: tenon.conf has no way to say ${quoted(value)}`,
    { hint: 'Leave out line breaks and control characters' },
  );
}

/** A flag, a variable or tenon.conf says something that setup cannot do. */
export function badChoice(where: string, value: string, expected: string): TenonError {
  return new TenonError(
    'config/bad-choice',
    `Cannot use ${where}: ${quoted(value)} is not ${expected}`,
    { hint: `Give ${expected}` },
  );
}

function place({ file, line }: Origin): string {
  return line === undefined ? quoted(file) : `${quoted(file)} line ${line}`;
}
