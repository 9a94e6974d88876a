import { definePoisonCheck } from '../src/doctor/env-poison.ts';

export const envPoisonPlugins = definePoisonCheck({
  kind: 'plugins',
  title: 'the host’s programs find no plugins of a store',
  why: 'Wrapped programs set these for themselves, and what they start inherits them. A program of the host then loads modules that were built against other libraries, and crashes or draws nothing.',
});
