import { definePoisonCheck } from '../src/doctor/env-poison.ts';

export const envPoisonOther = definePoisonCheck({
  kind: 'other',
  title: 'no other variable leads builds to a store',
  why: 'Whatever the caller sets and Portage does not filter reaches every phase of a package, and is saved with it until the package is removed.',
});
