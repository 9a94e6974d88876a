import { parse } from 'ini';
import { confTooLong, unwritableTenonConf } from './errors.ts';
import { MAX_CONF_BYTES } from './nix-conf.ts';

/**
 * tenon.conf holds the answers given to setup, as text that people edit:
 *
 *   line = [ "[" section "]" | key "=" value ] [ ";" comment | "#" comment ]
 *
 * A key's full name is its section's, a dot and its own: `base` below `[users]` is `users.base`.
 */
export type TenonConf = ReadonlyMap<string, string>;

/** The values by their full names, also those that nobody knows. Where one is written twice, the last counts. */
export function parseTenonConf(text: string, file: string): TenonConf {
  if (text.length > MAX_CONF_BYTES) throw confTooLong(file, MAX_CONF_BYTES);
  return new Map(flatten(parse(text), ''));
}

/** The same text with some values changed: comments, order and unknown keys stay as they are. */
export function mergeTenonConf(
  text: string,
  changes: Readonly<Record<string, string>>,
  file: string,
): string {
  let merged = text;
  for (const [name, value] of Object.entries(changes)) {
    const before = parseTenonConf(merged, file);
    if (before.get(name) === value) continue;
    merged = before.has(name) ? replaceValue(merged, name, value) : addValue(merged, name, value);
    if (parseTenonConf(merged, file).get(name) !== value) throw unwritableTenonConf(name, value);
  }
  return merged;
}

function* flatten(value: object, prefix: string): Iterable<readonly [string, string]> {
  for (const [key, inner] of Object.entries(value)) {
    const name = `${prefix}${key}`;
    if (Array.isArray(inner)) yield [name, inner.join(' ')];
    else if (typeof inner === 'object' && inner !== null) yield* flatten(inner, `${name}.`);
    else yield [name, String(inner)];
  }
}

interface Line {
  readonly text: string;
  readonly section: string;
  /** The full name of the key on this line. */
  readonly name: string | undefined;
}

function linesOf(text: string): readonly Line[] {
  let section = '';
  return text.split('\n').map(line => {
    const header = /^\[([^\]]*)\]\s*$/.exec(line)?.[1];
    if (header !== undefined) section = header.trim();
    const key = header === undefined ? /^([^;#=]+)=/.exec(line)?.[1]?.trim() : undefined;
    const name = section === '' || key === undefined ? key : `${section}.${key}`;
    return { text: line, section, name };
  });
}

function replaceValue(text: string, name: string, value: string): string {
  const lines = linesOf(text).map(line =>
    line.name === name
      ? `${line.text.slice(0, line.text.indexOf('='))}= ${formatValue(value)}`
      : line.text,
  );
  return lines.join('\n');
}

/** Puts a value below the last line of its section, which is made at the end of the text where it is missing. */
function addValue(text: string, name: string, value: string): string {
  const dot = name.lastIndexOf('.');
  const section = name.slice(0, Math.max(dot, 0));
  const line = `${name.slice(dot + 1)} = ${formatValue(value)}`;
  const lines = linesOf(text);
  const last = lines.findLastIndex(each => each.section === section && each.text.trim() !== '');
  const texts = lines.map(each => each.text);
  if (last !== -1 || section === '') return texts.toSpliced(last + 1, 0, line).join('\n');
  const body = text.trimEnd();
  return `${body === '' ? '' : `${body}\n\n`}[${section}]\n${line}\n`;
}

/** As it is where that is unmistakable; otherwise in quotes, as JSON. */
function formatValue(value: string): string {
  if (/^[\w/.:@+,-]+(?: [\w/.:@+,-]+)*$/.test(value)) return value;
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16)}`;
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, escaped);
}
