import { parentPort } from 'node:worker_threads';
import '../../src/store/trees/worker.ts';

/** The worker of `Trees`, except that it cannot bear the path `/crash`. */
parentPort?.on('message', message => {
  if (message.task?.path === '/crash') throw new Error('out of luck');
});
