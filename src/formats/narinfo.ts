import { type ByteString, compareBytes } from './byte-string.ts';
import { formatContentAddress, parseContentAddress } from './content-address.ts';
import { badNarInfo } from './errors.ts';
import { formatHash, type Hash, parseHash } from './hash.ts';
import { baseName, parseBaseName, parseStorePath, type StorePath } from './store-path.ts';

/**
 * The .narinfo files of binary caches (Nix: src/libstore/nar-info.cc), lines of `Key: value`:
 *
 *   StorePath, URL, Compression, FileHash, FileSize, NarHash, NarSize, References, Deriver, Sig*, CA
 *
 * in this order when written. StorePath is a full path, References and Deriver are base names, hashes are in nix32.
 * Only StorePath, URL, NarHash and NarSize are required of a reader, which passes over keys that it does not know.
 */

export interface NarInfo {
  readonly path: StorePath;
  /** Relative to the cache. */
  readonly url: ByteString;
  readonly compression: ByteString;
  readonly fileHash: Hash | undefined;
  readonly fileSizeBytes: number | undefined;
  readonly narHash: Hash;
  readonly narSizeBytes: number;
  readonly references: readonly StorePath[];
  readonly deriver: StorePath | undefined;
  readonly signatures: readonly ByteString[];
  readonly contentAddress: ByteString | undefined;
}

const DEFAULT_COMPRESSION = 'bzip2';
const NO_DERIVER = 'unknown-deriver';
const SIGNATURE = 'Sig';

/** Reads what a cache of the same store directory says. Throws `formats/bad-narinfo`, or what a value deserves. */
export function parseNarInfo(storeDir: ByteString, text: ByteString): NarInfo {
  const { fields, signatures } = parseLines(text);
  const required = (key: string): ByteString => {
    const value = fields.get(key);
    if (value === undefined || value === '') throw badNarInfo(text, `it has no ${key}`);
    return value;
  };
  const optional = <T>(key: string, parse: (value: ByteString) => T): T | undefined => {
    const value = fields.get(key);
    return value === undefined || value === '' ? undefined : parse(value);
  };
  const narSizeBytes = parseSize(text, required('NarSize'));
  if (narSizeBytes === 0) throw badNarInfo(text, 'its NarSize is 0');
  return {
    path: parseStorePath(storeDir, required('StorePath')),
    url: required('URL'),
    compression: fields.get('Compression') ?? DEFAULT_COMPRESSION,
    fileHash: optional('FileHash', value => parseHash(value)),
    fileSizeBytes: optional('FileSize', value => parseSize(text, value)),
    narHash: parseHash(required('NarHash'), 'sha256'),
    narSizeBytes,
    references: words(fields.get('References')).map(base => parseBaseName(storeDir, base)),
    deriver: optional('Deriver', base =>
      base === NO_DERIVER ? undefined : parseBaseName(storeDir, base),
    ),
    signatures,
    contentAddress: optional('CA', value => formatContentAddress(parseContentAddress(value))),
  };
}

export function formatNarInfo(info: NarInfo): ByteString {
  const { fileHash, deriver } = info;
  const references = info.references.map(baseName).sort(compareBytes).join(' ');
  const lines: [string, ByteString | number | undefined][] = [
    ['StorePath', info.path],
    ['URL', info.url],
    ['Compression', info.compression],
    ['FileHash', fileHash && formatHash(fileHash, 'nix32', { prefix: true })],
    ['FileSize', info.fileSizeBytes],
    ['NarHash', formatHash(info.narHash, 'nix32', { prefix: true })],
    ['NarSize', info.narSizeBytes],
    ['References', references],
    ['Deriver', deriver && baseName(deriver)],
    ...info.signatures.map((signature): [string, ByteString] => [SIGNATURE, signature]),
    ['CA', info.contentAddress],
  ];
  return lines
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
}

/** Every line ends with a newline, so a file that was cut off is noticed. */
function parseLines(text: ByteString): {
  fields: ReadonlyMap<string, ByteString>;
  signatures: readonly ByteString[];
} {
  const fields = new Map<string, ByteString>();
  const signatures: ByteString[] = [];
  const lines = text.split('\n');
  if (lines.pop() !== '') throw badNarInfo(text, 'its last line does not end');
  for (const line of lines) {
    const at = line.indexOf(':');
    if (at < 0) throw badNarInfo(text, 'a line has no colon');
    const key = line.slice(0, at);
    const value = line.slice(at + 1).trim();
    if (key === SIGNATURE) signatures.push(value);
    else if (fields.has(key)) throw badNarInfo(text, `it repeats ${JSON.stringify(key)}`);
    else fields.set(key, value);
  }
  return { fields, signatures };
}

function parseSize(text: ByteString, value: ByteString): number {
  const size = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw badNarInfo(text, 'a size is not a number');
  return size;
}

function words(value: ByteString | undefined): readonly ByteString[] {
  return (value ?? '').split(' ').filter(word => word !== '');
}
