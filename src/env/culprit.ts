import { posix } from 'node:path';
import type { Variables } from './environment.ts';
import { type ForeignPlaces, isInStore } from './foreign.ts';

/** A process and, through `/proc`, what it was started with. */
export interface Ancestor {
  readonly pid: number;
  readonly name: string;
  /** Its program; undefined where nobody may look. */
  readonly program: string | undefined;
  /** What it was started with; undefined where nobody may look. */
  readonly variables: Variables | undefined;
}

/** Who brought a foreign value in. */
export interface Culprit {
  readonly pid: number;
  /** The program as people know it: `konsole` for `…/bin/.konsole-wrapped`. */
  readonly name: string;
  readonly program: string | null;
  readonly how: 'wrapped' | 'set' | 'inherited';
}

/**
 * Looks from the process itself (first in `chain`) up to the oldest that was started with the foreign part. That one is
 * the culprit if its program is in a store, because its wrapper set the variable for it; otherwise its parent set it, by
 * itself or on somebody's behalf; and where the parent cannot be seen, the trail ends there.
 */
export function findCulprit(
  chain: readonly Ancestor[],
  variable: string,
  parts: readonly string[],
  places: ForeignPlaces,
): Culprit | undefined {
  const holds = ({ variables }: Ancestor) =>
    parts.some(part => variables?.get(variable)?.includes(part));
  const without = chain.findIndex(ancestor => !holds(ancestor));
  const oldest = chain[without === -1 ? chain.length - 1 : without - 1];
  if (oldest === undefined) return undefined;
  if (isForeign(oldest, places)) return culprit(oldest, 'wrapped');
  const parent = without === -1 ? undefined : chain[without];
  if (parent === undefined || parent.variables === undefined) return culprit(oldest, 'inherited');
  return culprit(parent, isForeign(parent, places) ? 'wrapped' : 'set');
}

function isForeign({ program }: Ancestor, places: ForeignPlaces): boolean {
  return program !== undefined && isInStore(program, places);
}

function culprit({ pid, name, program }: Ancestor, how: Culprit['how']): Culprit {
  return {
    pid,
    name: program === undefined ? name : unwrapped(program),
    program: program ?? null,
    how,
  };
}

/** Wrappers of nixpkgs rename the program that they start. */
function unwrapped(program: string): string {
  const base = posix.basename(program.replace(/ \(deleted\)$/u, ''));
  return /^\.(.+?)-wrapped_*$/u.exec(base)?.[1] ?? base.replace(/^\.(.+)-real$/u, '$1');
}

/** One line of a report. */
export function culpritText({ pid, name, program, how }: Culprit): string {
  const at = program === null || how !== 'wrapped' ? `pid ${pid}` : `pid ${pid}, ${program}`;
  switch (how) {
    case 'wrapped':
      return `${name} (${at}), a program from a store`;
    case 'set':
      return `${name} (${at}), or what it reads when it starts`;
    case 'inherited':
      return `older than ${name} (${at}), whose parent cannot be looked into`;
    default:
      return how satisfies never;
  }
}
