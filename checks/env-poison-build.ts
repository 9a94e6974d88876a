import { definePoisonCheck } from '../src/doctor/env-poison.ts';

export const envPoisonBuild = definePoisonCheck({
  kind: 'build',
  title: 'no build finds headers, libraries or tools of a store',
  why: 'A package that finds these uses them: it is linked against a path of a store, and breaks when that is collected.',
});
