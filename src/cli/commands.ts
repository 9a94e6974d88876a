import type { Command } from './command.ts';

interface Entry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** Every command. A command's modules load only when it runs, because start-up is measured. */
export const commands: readonly Entry[] = [
  {
    name: 'plan',
    summary: 'Show what setup would change on this host',
    load: async () => (await import('./plan.ts')).plan,
  },
  {
    name: 'setup',
    summary: 'Install the daemon on this host, step by step',
    load: async () => (await import('./setup.ts')).setup,
  },
  {
    name: 'upgrade',
    summary: 'Let the installed daemon take over from the one that runs',
    load: async () => (await import('./upgrade.ts')).upgrade,
  },
  {
    name: 'rollback',
    summary: 'Bring the database from before the last upgrade back',
    load: async () => (await import('./rollback.ts')).rollback,
  },
  {
    name: 'uninstall',
    summary: 'Take away what setup installed',
    load: async () => (await import('./uninstall.ts')).uninstall,
  },
  {
    name: 'purge',
    summary: 'Delete the store, with everything that was ever built',
    load: async () => (await import('./purge.ts')).purge,
  },
  {
    name: 'doctor',
    summary: 'Check this host and explain what is wrong',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'env',
    summary: "Keep files of a store out of emerge and of this host's programs",
    load: async () => (await import('./env.ts')).env,
  },
  {
    name: 'daemon',
    summary: 'Serve the store, in the foreground',
    load: async () => (await import('./daemon.ts')).daemon,
  },
  {
    name: 'start',
    summary: 'Start the daemon, or serve a private store below a folder, without root',
    load: async () => (await import('./start.ts')).start,
  },
];
