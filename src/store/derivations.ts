import {
  DERIVATION_MAX_BYTES,
  DERIVATION_SUFFIX,
  type Derivation,
  parseDerivation,
} from '../formats/derivation.ts';
import { type DerivationHash, hashModulo } from '../formats/derivation-hash.ts';
import { type StorePath, storePathName } from '../formats/store-path.ts';
import { readSmallFile } from '../host/store-files.ts';
import { derivationUnreadable, notValid } from './errors.ts';

/** Enough for the derivations of a large system; the oldest go first. */
const REMEMBERED_MAX_BYTES = 64 << 20;
/** What one entry takes beside its text, roughly. */
const ENTRY_BYTES = 2048;

interface Entry {
  readonly drv: Derivation;
  readonly sizeBytes: number;
  hash: DerivationHash | undefined;
}

/**
 * The valid derivations of a store, parsed. A path's contents never change, so what was read once is remembered;
 * whether the path is still valid is asked every time.
 */
export class Derivations {
  readonly #storeDir: string;
  readonly #isValid: (path: StorePath) => boolean;
  readonly #entries = new Map<StorePath, Entry>();
  #sizeBytes = 0;

  constructor(storeDir: string, isValid: (path: StorePath) => boolean) {
    this.#storeDir = storeDir;
    this.#isValid = isValid;
  }

  /** Throws when `drvPath` is not valid, or not a derivation. */
  get(drvPath: StorePath): Derivation {
    return this.#entry(drvPath).drv;
  }

  /** The hash that derivations which use this one as an input are hashed with. */
  readonly hashOfInput = (drvPath: StorePath): DerivationHash => {
    const entry = this.#entry(drvPath);
    entry.hash ??= hashModulo(entry.drv, { maskOutputs: false, hashOfInput: this.hashOfInput });
    return entry.hash;
  };

  #entry(drvPath: StorePath): Entry {
    if (!this.#isValid(drvPath)) throw notValid(drvPath);
    const known = this.#entries.get(drvPath);
    if (known !== undefined) return known;
    const text = readSmallFile(drvPath, DERIVATION_MAX_BYTES);
    if (text === undefined) throw derivationUnreadable(drvPath);
    const name = storePathName(drvPath).slice(0, -DERIVATION_SUFFIX.length);
    return this.#remember(drvPath, parseDerivation(this.#storeDir, name, text), text.length);
  }

  #remember(drvPath: StorePath, drv: Derivation, textBytes: number): Entry {
    const entry = { drv, sizeBytes: textBytes + ENTRY_BYTES, hash: undefined };
    this.#entries.set(drvPath, entry);
    this.#sizeBytes += entry.sizeBytes;
    for (const [oldest, { sizeBytes }] of this.#entries) {
      if (this.#sizeBytes <= REMEMBERED_MAX_BYTES) break;
      this.#entries.delete(oldest);
      this.#sizeBytes -= sizeBytes;
    }
    return entry;
  }
}
