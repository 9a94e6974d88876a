import { baseName, type StorePath } from '../formats/store-path.ts';
import { AppendFile } from '../host/append-file.ts';
import { compressWithBzip2 } from '../host/bzip2.ts';
import { deleteFile, ensureDirectory, exists, replaceFile } from '../host/store-files.ts';

/** What bzip2 makes of no bytes at all. */
const EMPTY_BZIP2 = Buffer.from('425a683917724538509000000000', 'hex');
const DIRECTORY_LETTERS = 2;

/**
 * The logs of builds, where Nix keeps and looks for them: `drvs/<2 letters>/<rest>`, with `.bz2` once compressed.
 * A log is written plainly while the build runs, which Nix reads as well; finished logs are compressed one batch at
 * a time by bzip2(1), and stay plain where there is none.
 */
export class BuildLogs implements AsyncDisposable {
  readonly #directory: string;
  #waiting: string[] = [];
  #compressing: Promise<void> | undefined;

  constructor(buildLogDir: string) {
    this.#directory = buildLogDir;
  }

  /** Starts the log of a build, in place of the one before. */
  start(drvPath: StorePath): AppendFile {
    return new AppendFile(this.#pathOf(drvPath));
  }

  /** Closes a log. Every build has one, also when it printed nothing. */
  async finish(log: AppendFile, options: { readonly compress: boolean }): Promise<void> {
    const { isEmpty, path } = log;
    await log[Symbol.asyncDispose]();
    if (isEmpty) {
      deleteFile(path);
      ensureDirectory(path.slice(0, path.lastIndexOf('/')));
      if (options.compress) replaceFile(`${path}.bz2`, EMPTY_BZIP2);
      else replaceFile(path, '');
    } else if (options.compress) {
      this.#waiting.push(path);
      this.#compressing ??= this.#compress();
    }
  }

  /** Stores a log that was written elsewhere, unless there is one. */
  async add(drvPath: StorePath, text: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#pathOf(drvPath);
    if (exists(path) || exists(`${path}.bz2`)) return;
    const log = this.start(drvPath);
    for await (const chunk of text) await log.append(chunk);
    await this.finish(log, { compress: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#compressing;
  }

  async #compress(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      // A log that cannot be compressed stays as it is, which Nix reads as well.
      await compressWithBzip2(batch).catch(() => undefined);
    }
    this.#compressing = undefined;
  }

  #pathOf(drvPath: StorePath): string {
    const name = baseName(drvPath);
    const folder = name.slice(0, DIRECTORY_LETTERS);
    return `${this.#directory}/${folder}/${name.slice(DIRECTORY_LETTERS)}`;
  }
}
