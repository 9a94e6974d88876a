/** `node setup-killed.ts ROOT N`: a setup that kills itself right after its Nth change to the root. */
import { createHost } from '../../src/host/host.ts';
import { setUpAndDie } from './dying-host.ts';

const [root = '', last = ''] = process.argv.slice(2);
await setUpAndDie(createHost(root), Number(last), async () => {
  process.kill(process.pid, 'SIGKILL');
});
