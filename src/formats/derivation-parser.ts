import type { ByteString } from './byte-string.ts';
import type { Derivation, DerivationOutput } from './derivation.ts';
import { badDerivation, shown } from './errors.ts';
import { isStorePath, type StorePath } from './store-path.ts';

/**
 * The text of a derivation (Nix: src/libstore/derivations.cc), an ATerm without spaces:
 *
 *   drv       = "Derive(" outputs "," inputDrvs "," inputSrcs "," platform "," builder "," args "," env ")"
 *   outputs   = list of "(" name "," path "," hashAlgo "," hash ")"
 *   inputDrvs = list of "(" path "," list of name ")"
 *   inputSrcs = list of path         args = list of string
 *   env       = list of "(" name "," value ")"
 *   list of x = "[" [ x { "," x } ] "]"
 *
 * All atoms are strings in double quotes, with `\n`, `\r`, `\t`, and `\x` for any other x. Each list but args is a
 * set; it is written sorted and read in any order. `DrvWithVersion(…)`, the form of dynamic derivations, is refused.
 *
 * Nothing nests, so no input makes the parser deep, and every byte is looked at a fixed number of times.
 */

type Fields = Omit<Derivation, 'name'>;

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Reads everything but the name, which is only for messages here. */
export function parseAterm(storeDir: ByteString, name: ByteString, text: ByteString): Fields {
  const cursor = new Cursor(name, text);
  cursor.expect('Derive(');
  const outputs = cursor.map(() => readOutput(cursor, storeDir));
  cursor.expect(',');
  const inputDerivations = cursor.map(() => readInput(cursor, storeDir));
  cursor.expect(',');
  const inputSources = cursor.set(() => readPath(cursor, storeDir));
  cursor.expect(',');
  const platform = cursor.string();
  cursor.expect(',');
  const builder = cursor.string();
  cursor.expect(',');
  const args = cursor.list(() => cursor.string());
  cursor.expect(',');
  const env = cursor.map(() => readPair(cursor));
  cursor.expect(')');
  cursor.expectEnd();
  return { outputs, inputDerivations, inputSources, platform, builder, args, env };
}

function readOutput(cursor: Cursor, storeDir: ByteString): [ByteString, DerivationOutput] {
  cursor.expect('(');
  const name = cursor.string();
  cursor.expect(',');
  const path = cursor.string();
  cursor.expect(',');
  const hashAlgo = cursor.string();
  cursor.expect(',');
  const hash = cursor.string();
  cursor.expect(')');
  return [
    name,
    { path: path === '' ? undefined : checked(cursor, storeDir, path), hashAlgo, hash },
  ];
}

function readInput(cursor: Cursor, storeDir: ByteString): [StorePath, ByteString[]] {
  cursor.expect('(');
  const path = readPath(cursor, storeDir);
  cursor.expect(',');
  const outputs = cursor.set(() => cursor.string());
  cursor.expect(')');
  return [path, outputs];
}

function readPair(cursor: Cursor): [ByteString, ByteString] {
  cursor.expect('(');
  const name = cursor.string();
  cursor.expect(',');
  const value = cursor.string();
  cursor.expect(')');
  return [name, value];
}

function readPath(cursor: Cursor, storeDir: ByteString): StorePath {
  return checked(cursor, storeDir, cursor.string());
}

function checked(cursor: Cursor, storeDir: ByteString, path: ByteString): StorePath {
  if (isStorePath(storeDir, path)) return path;
  throw cursor.bad(`${shown(path)} is not a store path`);
}

/** A place in the text. */
class Cursor {
  readonly #name: ByteString;
  readonly #text: ByteString;
  #at = 0;
  /** Where the first backslash at or after `#at` was seen: looked up once per backslash, not once per string. */
  #escape = -1;

  constructor(name: ByteString, text: ByteString) {
    this.#name = name;
    this.#text = text;
  }

  bad(flaw: string): Error {
    return badDerivation(this.#name, `${flaw}, at byte ${this.#at}`);
  }

  expect(token: string): void {
    if (!this.#text.startsWith(token, this.#at)) throw this.bad(`"${token}" is missing`);
    this.#at += token.length;
  }

  expectEnd(): void {
    if (this.#at < this.#text.length) throw this.bad('something follows after its end');
  }

  list<Item>(item: () => Item): Item[] {
    const items: Item[] = [];
    this.expect('[');
    if (this.#text[this.#at] !== ']') {
      items.push(item());
      while (this.#text[this.#at] === ',') {
        this.#at++;
        items.push(item());
      }
    }
    this.expect(']');
    return items;
  }

  set<Item>(item: () => Item): Item[] {
    const items = this.list(item);
    if (new Set(items).size < items.length) throw this.bad('a list repeats an item');
    return items;
  }

  map<Key, Value>(entry: () => [Key, Value]): Map<Key, Value> {
    const entries = this.list(entry);
    const map = new Map(entries);
    if (map.size < entries.length) throw this.bad('a list repeats a name');
    return map;
  }

  string(): ByteString {
    this.expect('"');
    const start = this.#at;
    const end = this.#find('"', start);
    if (this.#escape < start) this.#escape = this.#nextEscape(start);
    if (this.#escape > end) {
      this.#at = end + 1;
      return this.#text.slice(start, end);
    }
    return this.#escapedString(start, end);
  }

  /** A string with at least one backslash; `firstQuote` may be an escaped one. */
  #escapedString(start: number, firstQuote: number): ByteString {
    const parts: ByteString[] = [];
    let from = start;
    let end = firstQuote;
    while (this.#escape < end) {
      const escaped = this.#text[this.#escape + 1] ?? '';
      parts.push(this.#text.slice(from, this.#escape), ESCAPED[escaped] ?? escaped);
      from = this.#escape + 2;
      this.#escape = this.#nextEscape(from);
      if (end < from) end = this.#find('"', from);
    }
    parts.push(this.#text.slice(from, end));
    this.#at = end + 1;
    return parts.join('');
  }

  #nextEscape(from: number): number {
    const found = this.#text.indexOf('\\', from);
    return found < 0 ? Number.POSITIVE_INFINITY : found;
  }

  #find(character: string, from: number): number {
    const found = this.#text.indexOf(character, from);
    if (found < 0) throw this.bad('a string does not end');
    return found;
  }
}
