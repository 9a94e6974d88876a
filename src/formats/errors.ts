import { TenonError } from '../base/errors.ts';
import { type ByteString, decodeText } from './byte-string.ts';

const SHOWN_MAX_CHARACTERS = 240;
const SHOWN_MAX_BYTES = 4 * SHOWN_MAX_CHARACTERS;

/** A value of hostile origin in double quotes: without control characters, and cut to a readable length. */
export function shown(value: ByteString): string {
  return `"${plain(value)}"`;
}

function plain(value: ByteString): string {
  const visible = decodeText(value.slice(0, SHOWN_MAX_BYTES)).replace(/[\p{Cc}\p{Cf}]/gu, '');
  const characters = [...visible];
  const whole = characters.length <= SHOWN_MAX_CHARACTERS && value.length <= SHOWN_MAX_BYTES;
  return whole ? visible : `${characters.slice(0, SHOWN_MAX_CHARACTERS).join('')}…`;
}

/** The bytes end in the middle of a value. */
export function truncated(haveBytes: number): TenonError {
  return new TenonError(
    'formats/truncated',
    `Cannot read a value: its ${haveBytes} bytes end before it is complete`,
  );
}

/** A value is complete and more bytes follow. */
export function leftOver(extraBytes: number): TenonError {
  return new TenonError(
    'formats/left-over',
    `Cannot read a value: ${extraBytes} bytes follow after its end`,
  );
}

/** A string, or a list as a whole, claims more bytes than its kind may have. */
export function tooLong(sizeBytes: number | bigint, maxBytes: number): TenonError {
  return new TenonError(
    'formats/too-long',
    `Cannot read a value: it claims to have ${sizeBytes} bytes, and ${maxBytes} are allowed`,
  );
}

/** The bytes that fill a string up to a whole word are not zero. */
export function badPadding(value: string): TenonError {
  return new TenonError(
    'formats/bad-padding',
    `Cannot read the string ${shown(value)}: it is padded with bytes other than zero`,
  );
}

/** A word stands where a number is wanted and is too large for one. */
export function numberTooLarge(word: bigint): TenonError {
  return new TenonError(
    'formats/number-too-large',
    `Cannot read a number: ${word} is out of range`,
  );
}

export function badNix32(text: string, flaw: string): TenonError {
  return new TenonError('formats/bad-nix32', `Cannot read ${shown(text)} as base 32: ${flaw}`);
}

export function badHash(text: string, flaw: string): TenonError {
  return new TenonError('formats/bad-hash', `Cannot read the hash ${shown(text)}: ${flaw}`);
}

export function badStorePath(text: string, flaw: string): TenonError {
  return new TenonError(
    'formats/bad-store-path',
    `Cannot read the store path ${shown(text)}: ${flaw}`,
  );
}

export function badStorePathName(name: string, flaw: string): TenonError {
  return new TenonError(
    'formats/bad-store-path-name',
    `Cannot name a store path ${shown(name)}: ${flaw}`,
    { hint: 'Use 1 to 211 letters, digits and "+-._?=", not starting with "." alone' },
  );
}

export function badContentAddress(text: string, flaw: string): TenonError {
  return new TenonError(
    'formats/bad-content-address',
    `Cannot read the content address ${shown(text)}: ${flaw}`,
  );
}

/** An object whose kind of content address leaves no room for references has some. */
export function referencesNotAllowed(name: string): TenonError {
  return new TenonError(
    'formats/references-not-allowed',
    `fixed output derivation '${plain(name)}' is not allowed to refer to other store paths`,
  );
}

export function badDerivation(name: string, flaw: string): TenonError {
  return new TenonError(
    'formats/bad-derivation',
    `Cannot use the derivation ${shown(name)}: ${flaw}`,
  );
}

/** Something needs an output that the derivation does not have. */
export function noSuchOutput(drv: string, output: string): TenonError {
  return new TenonError(
    'formats/no-such-output',
    `Cannot use output ${shown(output)}: derivation ${shown(drv)} does not have it`,
  );
}

/** The wording up to the paths is what Nix says, and what its users search for. */
export function incorrectOutput(drvPath: string, path: string, expected: string): TenonError {
  return new TenonError(
    'formats/incorrect-output',
    `derivation '${drvPath}' has incorrect output '${path}', should be '${expected}'`,
  );
}

/** The variable that tells the builder where its output goes says something else than the output. */
export function incorrectVariable(drvPath: string, name: string, expected: string): TenonError {
  return new TenonError(
    'formats/incorrect-variable',
    `derivation '${drvPath}' has incorrect environment variable '${plain(name)}', should be '${expected}'`,
  );
}

export function badDerivedPath(text: string, flaw: string): TenonError {
  return new TenonError(
    'formats/bad-derived-path',
    `Cannot read ${shown(text)} as something to build: ${flaw}`,
  );
}

export function badRealisation(text: string, flaw: string): TenonError {
  return new TenonError(
    'formats/bad-realisation',
    `Cannot read the realisation ${shown(text)}: ${flaw}`,
  );
}

/** A NAR is not well formed at `path`, which is relative to its root. */
export function badNar(path: string, flaw: string, value?: string): TenonError {
  const place = path === '' ? 'its root' : shown(path);
  const detail = value === undefined ? flaw : `${flaw} ${shown(value)}`;
  return new TenonError('formats/bad-nar', `Cannot read a NAR at ${place}: ${detail}`);
}

export function badStructuredAttributes(json: string, flaw: string): TenonError {
  return new TenonError(
    'formats/bad-structured-attributes',
    `Cannot use the structured attributes ${shown(json)}: ${flaw}`,
  );
}

/** The text of a key is not part of the message, because it may be secret. */
export function badKey(name: string, flaw: string): TenonError {
  return new TenonError('formats/bad-key', `Cannot use the signing key ${shown(name)}: ${flaw}`, {
    hint: 'Write keys as "name:base64", on one line',
  });
}

export function badNarInfo(text: string, flaw: string): TenonError {
  return new TenonError('formats/bad-narinfo', `Cannot read the path info ${shown(text)}: ${flaw}`);
}

/** A word of an export archive is not what must stand there. */
export function badExport(wanted: string, word: number): TenonError {
  return new TenonError(
    'formats/bad-export',
    `Cannot read an export archive: ${word} stands where ${wanted} should begin`,
  );
}

export function jsonTooDeep(maxDepth: number): TenonError {
  return new TenonError(
    'formats/json-too-deep',
    `Cannot write JSON: its values nest deeper than ${maxDepth}`,
  );
}
