/** A stand-in for the daemon: starts one builder and waits for its end. Arguments: helper, specification. */
import { readFileSync } from 'node:fs';
import { startEnter } from './start-enter.ts';

const [enterPath = '', specPath = ''] = process.argv.slice(2);
await using running = startEnter({ enterPath, spec: readFileSync(specPath) });
for await (const chunk of running.log) process.stdout.write(chunk);
await running.ended;
