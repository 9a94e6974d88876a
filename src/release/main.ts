import { join, resolve } from 'node:path';
import { messageOf, TenonError } from '../base/errors.ts';
import { createHost } from '../host/host.ts';
import { compose } from './compose.ts';
import { badUsage } from './errors.ts';

/** `npm run compose -- OUT` */
const [out, ...more] = process.argv.slice(2);
try {
  if (out === undefined || more.length > 0) throw badUsage();
  const folder = resolve(process.env.INIT_CWD ?? '.', out);
  await compose(createHost('/'), join(import.meta.dirname, '../..'), folder);
  process.stdout.write(`${folder}: repository/, distfiles/ and etc/ for a Gentoo host\n`);
} catch (error) {
  const hint = error instanceof TenonError && error.hint ? `\n  ${error.hint}.` : '';
  process.stderr.write(`error: ${messageOf(error)}${hint}\n`);
  process.exitCode = 1;
}
