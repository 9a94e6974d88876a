import { describeLifecycle } from './lifecycle.ts';

// The system that README's commands are written for; its systemd and its client are of one suite.
describeLifecycle('systemd', 'bookworm');
