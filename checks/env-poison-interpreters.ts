import { definePoisonCheck } from '../src/doctor/env-poison.ts';

export const envPoisonInterpreters = definePoisonCheck({
  kind: 'interpreters',
  title: 'no interpreter loads modules of a store',
  why: 'Modules for another Python, Perl or Ruby stop an interpreter of the host at its start. emerge is a Python program.',
});
