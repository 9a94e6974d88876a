import { describeLifecycle } from './lifecycle.ts';

describeLifecycle('openrc', 'trixie');
