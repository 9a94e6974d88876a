import { definePoisonCheck } from '../src/doctor/env-poison.ts';

export const envPoisonResources = definePoisonCheck({
  kind: 'resources',
  title: 'certificates, locales and fonts are those of the host',
  why: 'A program that trusts other certificates or reads locales of another libc fails in ways that do not point here, and only for whom the variable is set.',
});
