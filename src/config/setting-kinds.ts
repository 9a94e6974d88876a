import type { ByteString } from '../formats/byte-string.ts';
import { wordsOf } from './nix-conf.ts';

/** What the defaults depend on, found out by the caller. */
export interface SettingFacts {
  /** As Nix names it: `x86_64-linux`. */
  readonly system: string;
  readonly cpuCount: number;
  readonly isRoot: boolean;
  readonly hasKvm: boolean;
  readonly confDir: string;
}

/** A type of settings: how the text of a value is read. */
export interface Kind<T> {
  /** What a value has to be, for messages. */
  readonly expected: string;
  /** Gives `BAD_VALUE` for a text that is no such value. */
  parse(text: ByteString, facts: SettingFacts): T | typeof BAD_VALUE;
  /** What `extra-` does, for kinds that have it. */
  append?(before: T, added: T): T;
}

export const BAD_VALUE = Symbol('bad value');

const TRUE = ['true', 'yes', '1'];
const FALSE = ['false', 'no', '0'];

export const flag: Kind<boolean> = {
  expected: '"true" or "false"',
  parse(text) {
    if (TRUE.includes(text)) return true;
    return FALSE.includes(text) ? false : BAD_VALUE;
  },
};

const UNITS: Readonly<Record<string, bigint>> = {
  K: 1n << 10n,
  M: 1n << 20n,
  G: 1n << 30n,
  T: 1n << 40n,
};
const MAX_UINT64 = (1n << 64n) - 1n;

/** Up to 2^64-1; what a number does not hold exactly is infinity. */
export const sizeBytes: Kind<number> = {
  expected: 'a number, with K, M, G or T behind it if need be',
  parse(text) {
    const [, digits, unit = ''] = /^(\d{1,20})([KMGT]?)$/i.exec(text) ?? [];
    if (digits === undefined) return BAD_VALUE;
    const value = BigInt(digits) * (UNITS[unit.toUpperCase()] ?? 1n);
    if (value > MAX_UINT64) return BAD_VALUE;
    return value > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : Number(value);
  },
};

export const count: Kind<number> = {
  expected: sizeBytes.expected,
  parse(text, facts) {
    const value = sizeBytes.parse(text, facts);
    return value === Number.POSITIVE_INFINITY ? BAD_VALUE : value;
  },
};

/** Timers count milliseconds in 31 bits; longer times are this one, 24 days. */
const MAX_TIMER_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

export function timerSeconds(seconds: number): number {
  return Math.min(seconds, MAX_TIMER_SECONDS);
}

/** A time that something waits for: what no timer can measure is the longest that it can. */
export const timeout: Kind<number> = {
  expected: 'a number of seconds',
  parse(text, facts) {
    const seconds = count.parse(text, facts);
    return seconds === BAD_VALUE ? BAD_VALUE : timerSeconds(seconds);
  },
};

export const jobs: Kind<number> = {
  expected: 'a number or "auto"',
  parse: (text, facts) => (text === 'auto' ? facts.cpuCount : count.parse(text, facts)),
};

export const line: Kind<ByteString> = { expected: 'a text', parse: text => text };

export const words: Kind<readonly ByteString[]> = {
  expected: 'a list of words',
  parse: wordsOf,
  append: (before, added) => [...before, ...added],
};

/** Words of which each counts once. */
export const wordSet: Kind<readonly ByteString[]> = {
  expected: words.expected,
  parse: text => [...new Set(wordsOf(text))],
  append: (before, added) => [...new Set([...before, ...added])],
};

/** An absolute path or nothing. */
export const file: Kind<ByteString | undefined> = {
  expected: 'an absolute path',
  parse(text) {
    if (text === '') return undefined;
    return isPath(text) ? text : BAD_VALUE;
  },
};

export const directory: Kind<ByteString> = {
  expected: file.expected,
  parse: text => (isPath(text) ? text : BAD_VALUE),
};

/** A size of tmpfs. It becomes a mount option, so nothing else may hide in it. */
export const shmSize: Kind<ByteString> = {
  expected: 'a size like "50%" or "64m"',
  parse: text => (/^\d{1,20}[kmgt%]?$/i.test(text) ? text : BAD_VALUE),
};

export type SandboxMode = 'on' | 'relaxed' | 'off';

const SANDBOX_MODES = new Map<string, SandboxMode>([
  ['true', 'on'],
  ['relaxed', 'relaxed'],
  ['false', 'off'],
]);

export const sandboxMode: Kind<SandboxMode> = {
  expected: '"true", "relaxed" or "false"',
  parse: text => SANDBOX_MODES.get(text) ?? BAD_VALUE,
};

function isPath(text: ByteString): boolean {
  return text.startsWith('/') && !text.includes('\0');
}
