import { definePoisonCheck } from '../src/doctor/env-poison.ts';

export const envPoisonPrograms = definePoisonCheck({
  kind: 'programs',
  title: 'programs of the host come before those of a profile',
  why: 'By PATH a shell finds its tools, and emerge its downloader. A profile before the host’s own folders replaces them all; behind them it only adds.',
});
