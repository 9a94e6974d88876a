import { describeLifecycle } from './lifecycle.ts';

describeLifecycle('systemd', 'trixie');
