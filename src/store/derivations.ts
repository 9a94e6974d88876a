import {
  DERIVATION_MAX_BYTES,
  DERIVATION_SUFFIX,
  type Derivation,
  parseDerivation,
} from '../formats/derivation.ts';
import { type DerivationHash, hashedInputs, hashModulo } from '../formats/derivation-hash.ts';
import { type StorePath, storePathName } from '../formats/store-path.ts';
import { readSmallFile } from '../host/store-files.ts';
import { derivationLoop, derivationUnreadable, notValid } from './errors.ts';

/** Enough for the derivations of a large system; the oldest go first. */
const REMEMBERED_MAX_BYTES = 64 << 20;
/** What one entry takes beside its text, roughly. */
const ENTRY_BYTES = 2048;
/** Hashes are small, and what is hashed with them is not: they are remembered for longer. */
const REMEMBERED_MAX_HASHES = 1 << 16;

interface Entry {
  readonly drv: Derivation;
  readonly sizeBytes: number;
}

/**
 * The valid derivations of a store, parsed. A path's contents never change, so what was read once is remembered;
 * whether the path is still valid is asked every time.
 */
export class Derivations {
  readonly #storeDir: string;
  readonly #isValid: (path: StorePath) => boolean;
  readonly #entries = new Map<StorePath, Entry>();
  readonly #hashes = new Map<StorePath, DerivationHash>();
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
    const known = this.#knownHash(drvPath);
    if (known !== undefined) return known;
    // Inputs first, without recursion: chains are as long as their authors like.
    const found = new Map<StorePath, DerivationHash>();
    const opened = new Set<StorePath>();
    const pending = [drvPath];
    for (let path = pending.at(-1); path !== undefined; path = pending.at(-1)) {
      if (found.has(path)) {
        pending.pop();
        continue;
      }
      const drv = this.get(path);
      const missing = opened.has(path) ? [] : this.#unhashed(drv, found);
      opened.add(path);
      if (missing.length > 0) {
        pending.push(...missing);
        continue;
      }
      found.set(path, this.#hash(path, drv, found));
    }
    return found.get(drvPath) as DerivationHash;
  };

  #hash(
    drvPath: StorePath,
    drv: Derivation,
    found: ReadonlyMap<StorePath, DerivationHash>,
  ): DerivationHash {
    const hashOfInput = (input: StorePath) => {
      const hash = found.get(input);
      if (hash === undefined) throw derivationLoop(drvPath, input);
      return hash;
    };
    const hash = hashModulo(drv, { maskOutputs: false, hashOfInput });
    this.#hashes.set(drvPath, hash);
    for (const oldest of this.#hashes.keys()) {
      if (this.#hashes.size <= REMEMBERED_MAX_HASHES) break;
      this.#hashes.delete(oldest);
    }
    return hash;
  }

  /** The inputs that must be hashed before `drv` can be. What is known of the others is noted in `found`. */
  #unhashed(drv: Derivation, found: Map<StorePath, DerivationHash>): readonly StorePath[] {
    return hashedInputs(drv).filter(input => {
      const known = found.get(input) ?? this.#knownHash(input);
      if (known !== undefined) found.set(input, known);
      return known === undefined;
    });
  }

  #knownHash(drvPath: StorePath): DerivationHash | undefined {
    if (!this.#isValid(drvPath)) throw notValid(drvPath);
    return this.#hashes.get(drvPath);
  }

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
    const entry = { drv, sizeBytes: textBytes + ENTRY_BYTES };
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
