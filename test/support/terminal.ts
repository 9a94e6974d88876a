import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const COLUMNS = 80;
const ROWS = 30;
const LOOK_EVERY_MS = 60;
const LIMIT_MS = 60_000;

/** Runs a command and notes its status. tmux itself now and then overlooks that one has ended (3.3a). */
const NOTING = 'trap : INT QUIT TERM HUP; "$@"; echo "$?" >"$0.new"; mv "$0.new" "$0"';

/** A terminal of 80 columns and 30 rows, in which a command runs. Disposing it hangs up. */
export class Terminal implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tenon-terminal-'));

  constructor(command: readonly string[]) {
    const size = ['-x', `${COLUMNS}`, '-y', `${ROWS}`];
    this.#tmux(['new-session', '-d', ...size, 'sh', '-c', NOTING, this.#statusFile, ...command]);
    this.#tmux(['set-option', '-g', 'remain-on-exit', 'on']);
  }

  /** Presses keys by tmux's names for them: `Enter`, `Escape`, `C-c`, `Down`. */
  press(...keys: readonly string[]): void {
    this.#tmux(['send-keys', ...keys]);
  }

  type(line: string): void {
    this.#tmux(['send-keys', '-l', line]);
    this.press('Enter');
  }

  /** Takes away what is on the screen, so that what was there before cannot be taken for what comes. */
  wipe(): void {
    this.#tmux(['send-keys', '-R']);
  }

  /** What is on the screen, without blanks and lines at the end. */
  screen(): string {
    return this.#tmux(['capture-pane', '-p']).trimEnd();
  }

  /** The same with the escape sequences for colours and the like. */
  styledScreen(): string {
    return this.#tmux(['capture-pane', '-p', '-e']).trimEnd();
  }

  isCursorShown(): boolean {
    return this.#tmux(['display-message', '-p', '#{cursor_flag}']).trim() === '1';
  }

  /** Waits until the screen shows this and stands still. */
  async shows(pattern: RegExp): Promise<string> {
    let before = '';
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(LOOK_EVERY_MS)) {
      const screen = this.screen();
      if (screen === before && pattern.test(screen)) return screen;
      before = screen;
    }
    throw new Error(`The screen never showed ${pattern}:\n${before}`);
  }

  /** Waits for the command's end and gives its status. */
  async ended(): Promise<number> {
    for (const end = Date.now() + LIMIT_MS; Date.now() < end; await sleep(LOOK_EVERY_MS))
      if (existsSync(this.#statusFile)) return Number(readFileSync(this.#statusFile, 'utf8'));
    throw new Error(`The command does not end:\n${this.screen()}`);
  }

  get #statusFile(): string {
    return join(this.#folder, 'status');
  }

  [Symbol.dispose](): void {
    spawnSync('tmux', [...this.#server(), 'kill-server']);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #server(): readonly string[] {
    return ['-u', '-f', '/dev/null', '-S', join(this.#folder, 'socket')];
  }

  #tmux(args: readonly string[]): string {
    const env = { PATH: process.env.PATH, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
    return execFileSync('tmux', [...this.#server(), ...args], { env, encoding: 'utf8' });
  }
}
