import { join } from 'node:path';

/** The folder of this very program: a checkout, or what setup installed. */
export const programFolder = join(import.meta.dirname, '../..');

/** The compiled sandbox helper. */
export const enterPath = join(programFolder, 'build/enter');

/** The compiled builder of the proof build. */
export const witnessPath = join(programFolder, 'build/witness');

/** The launcher of this program. */
export const tenonPath = join(programFolder, 'src/tenon');
