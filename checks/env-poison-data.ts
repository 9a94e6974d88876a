import { definePoisonCheck } from '../src/doctor/env-poison.ts';

export const envPoisonData = definePoisonCheck({
  kind: 'data',
  title: 'data folders of a store do not reach builds',
  why: 'Portage drops the usual ones of these variables. The others lead packages to icons, schemas and catalogues that are gone after the next collection of garbage.',
});
