import type { ServedOp } from '../op.ts';
import { adding } from './adding.ts';
import { building } from './building.ts';
import { maintenance } from './maintenance.ts';
import { queries } from './queries.ts';
import { realisations } from './realisations.ts';
import { roots } from './roots.ts';
import { substitution } from './substitution.ts';

/** Every operation that a client may ask for, by its number. */
export const servedOps: ReadonlyMap<number, ServedOp> = new Map(
  [
    ...queries,
    ...adding,
    ...building,
    ...roots,
    ...substitution,
    ...realisations,
    ...maintenance,
  ].map(op => [op.number, op]),
);
