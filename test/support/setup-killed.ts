/** `node setup-killed.ts ROOT SCENE N`: a setup that kills itself right after its Nth change to the root. */
import { createHost } from '../../src/host/host.ts';
import { scenes, setUpAndDie } from './dying-host.ts';

const [root = '', name = '', last = ''] = process.argv.slice(2);
const scene = scenes[name as keyof typeof scenes];
const tools = scene.toolsFor({ root, host: createHost(root) });
await setUpAndDie(tools, scene, {
  after: Number(last),
  die: async () => void process.kill(process.pid, 'SIGKILL'),
});
