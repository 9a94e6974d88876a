import { definePoisonCheck } from '../src/doctor/env-poison.ts';

export const envPoisonLoader = definePoisonCheck({
  kind: 'loader',
  title: 'no library of a store is loaded into the host’s programs',
  why: 'The loader takes libraries from these variables before any other place. A libc or libstdc++ of a store in a program of the host ends in symbol errors, in emerge itself too: no filter of Portage comes early enough.',
});
