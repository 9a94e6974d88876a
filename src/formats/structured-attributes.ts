import { type ByteString, encodeText } from './byte-string.ts';
import { badStructuredAttributes } from './errors.ts';
import { Double, formatJson, isRecord, parseJson, sortedEntries } from './json.ts';

/**
 * The files in which a builder finds structured attributes (Nix: src/libstore/parsed-derivations.cc,
 * writeStructuredAttrsShell). `.attrs.json` has them all. `.attrs.sh` has those that Bash can hold:
 *
 *   file   = { "declare " [ "-a " | "-A " ] name "=" value "\n" }      sorted by name
 *   value  = simple | "(" { simple " " } ")" | "(" { "[" string "]=" simple " " } ")"
 *   simple = string | integer | "''" for null | "1" for true | "" for false
 *   string = in single quotes, with `'` as `'\''`
 *
 * Nix decides in single precision whether a number is integral, and keeps its low 32 bits; so does this.
 */
export interface StructuredFiles {
  readonly json: ByteString;
  readonly sh: ByteString;
}

const SHELL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;

/**
 * Makes the files out of the derivation's variable `__json`, with `replacements` in the place of the attributes of
 * the same name: `outputs`, and what `exportReferencesGraph` asks for.
 */
export function structuredFiles(
  json: ByteString,
  replacements: Readonly<Record<string, unknown>>,
): StructuredFiles {
  const given = parseJson(json);
  if (!isRecord(given)) throw badStructuredAttributes(json, 'it is not the JSON of an object');
  const attributes = { ...given, ...replacements };
  const lines = sortedEntries(attributes).flatMap(([name, value]) => declaration(name, value));
  return { json: formatJson(attributes), sh: encodeText(lines.join('')) };
}

function declaration(name: string, value: unknown): string[] {
  if (!SHELL_NAME.test(name)) return [];
  const one = simple(value);
  if (one !== undefined) return [`declare ${name}=${one}\n`];
  if (Array.isArray(value)) {
    const items = value.map(simple);
    return items.includes(undefined) ? [] : [`declare -a ${name}=(${joined(items)})\n`];
  }
  if (!isRecord(value)) return [];
  const fields = sortedEntries(value).map(([key, item]) => pair(key, simple(item)));
  return fields.includes(undefined) ? [] : [`declare -A ${name}=(${joined(fields)})\n`];
}

function pair(key: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `[${quoted(key)}]=${value}`;
}

function joined(items: readonly (string | undefined)[]): string {
  return items.map(item => `${item} `).join('');
}

function simple(value: unknown): string | undefined {
  if (typeof value === 'string') return quoted(value);
  if (value === null) return "''";
  if (typeof value === 'boolean') return value ? '1' : '';
  if (typeof value === 'bigint') return String(BigInt.asIntN(32, value));
  if (value instanceof Double) return integerOf(value.value);
  return typeof value === 'number' ? String(BigInt.asIntN(32, BigInt(value))) : undefined;
}

/** What x86 makes of a number that no int can hold is its least int. */
function integerOf(value: number): string | undefined {
  const single = Math.fround(value);
  if (Math.ceil(single) !== single) return undefined;
  const whole = Math.trunc(value);
  return String(whole < INT_MIN || whole > INT_MAX ? INT_MIN : whole === 0 ? 0 : whole);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
