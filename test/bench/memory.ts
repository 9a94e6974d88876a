import type { Contender } from './contender.ts';
import { RawClient } from './raw-client.ts';
import { inventedPath, isValidPath } from './requests.ts';
import type { Scenario } from './scenarios.ts';

const CLIENTS = 200;
const REPLY_BYTES = 16;
const KIB_PER_MIB = 1024;

/** Memory while many clients are connected that have asked one thing and are silent. */
export const memoryScenarios: readonly Scenario[] = [
  {
    name: 'resident memory with 200 idle clients',
    unit: ' MiB',
    bar: 3,
    better: 'less',
    measure: async daemon => (await whileIdle(daemon)).residentKib / KIB_PER_MIB,
  },
  {
    name: 'the same with shared pages counted once (for the record)',
    unit: ' MiB',
    bar: 0,
    better: 'less',
    measure: async daemon => (await whileIdle(daemon)).sharedOnceKib / KIB_PER_MIB,
  },
];

async function whileIdle(daemon: Contender) {
  using clients = new DisposableStack();
  const query = isValidPath(inventedPath(daemon.storeDir, 'nothing'));
  for (let count = 0; count < CLIENTS; count++) {
    const client = clients.use(await RawClient.connect(daemon.socketPath));
    await client.exchange(query, REPLY_BYTES);
  }
  return daemon.memory();
}
