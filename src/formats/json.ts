import { type ByteString, bytesOf, compareBytes, encodeText } from './byte-string.ts';
import { jsonTooDeep } from './errors.ts';

/**
 * JSON as Nix writes it (nlohmann's library): compact, keys sorted by their bytes, `/` and everything above ASCII as
 * it is. Integers keep all their digits, and numbers with a fraction or an exponent stay such: `1.0` is not `1`.
 */

/** A number that is written with a fraction or an exponent. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const INTEGER = /^-?\d+$/;
const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 64n - 1n;
/** Values nest no deeper, so that writing them cannot exhaust the stack. */
const MAX_DEPTH = 500;
/** Decimal exponents from which on nlohmann writes `e`. */
const FIXED_MIN = -4;
const FIXED_MAX = 15;

/** Undefined when the text is not JSON in UTF-8. Integers beyond 2^53 are bigints. */
export function parseJson(text: ByteString): unknown {
  try {
    return JSON.parse(strictUtf8.decode(bytesOf(text)), reviveNumber);
  } catch {
    return undefined;
  }
}

/** Throws `formats/json-too-deep`. */
export function formatJson(value: unknown): ByteString {
  return encodeText(format(value, 0));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Double)
  );
}

/** The entries of an object in the order in which they are written. */
export function sortedEntries(record: Readonly<Record<string, unknown>>): [string, unknown][] {
  const entries = Object.entries(record).map(([name, value]): [ByteString, string, unknown] => [
    encodeText(name),
    name,
    value,
  ]);
  return entries.sort(([a], [b]) => compareBytes(a, b)).map(([, name, value]) => [name, value]);
}

function reviveNumber(
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value !== 'number') return value;
  const source = context?.source ?? String(value);
  if (!INTEGER.test(source)) return new Double(checkedFinite(value));
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  const integer = BigInt(source);
  return integer < INTEGER_MIN || integer > INTEGER_MAX ? new Double(value) : integer;
}

function checkedFinite(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError('a number is out of range');
  return value;
}

function format(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw jsonTooDeep(MAX_DEPTH);
  if (value === null) return 'null';
  if (value instanceof Double) return formatDouble(value.value);
  if (Array.isArray(value)) return `[${value.map(item => format(item, depth + 1)).join(',')}]`;
  switch (typeof value) {
    case 'object':
      return formatRecord(value as Record<string, unknown>, depth);
    case 'number':
      return Number.isSafeInteger(value) ? String(value) : formatDouble(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return JSON.stringify(String(value));
  }
}

function formatRecord(value: Readonly<Record<string, unknown>>, depth: number): string {
  const fields = sortedEntries(value).map(
    ([name, item]) => `${JSON.stringify(name)}:${format(item, depth + 1)}`,
  );
  return `{${fields.join(',')}}`;
}

/** The shortest digits that read back as the same number, always with a fraction or an exponent. */
function formatDouble(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (value === 0) return `${sign}0.0`;
  const [mantissa = '', exponent = ''] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = Number(exponent) + 1;
  return sign + placePoint(digits, point);
}

/** `point` is the number of digits before the decimal point. */
function placePoint(digits: string, point: number): string {
  if (point > FIXED_MAX || point <= FIXED_MIN) return scientific(digits, point - 1);
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${digits.padEnd(point, '0')}.0`;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function scientific(digits: string, exponent: number): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits.slice(0, 1)}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
}
