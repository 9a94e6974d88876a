import type { Environment, StoreLayout } from '../config/layout.ts';
import type { Settings } from '../config/settings.ts';
import type { EnvironmentReport } from '../env/check.ts';
import type { Space } from '../host/disks.ts';
import type { ProbeStep } from '../host/enter.ts';
import type { Host } from '../host/host.ts';
import type { Init } from '../host/services.ts';
import type { Accounts } from '../host/users.ts';
import type { DaemonProcess } from './daemon-process.ts';
import type { KernelFacts } from './kernel-facts.ts';
import type { ShellAnswer } from './login-shells.ts';
import type { ServiceState } from './service-state.ts';

export type { Accounts, Init, ProbeStep };

/** What checks may look at. Each look that costs something is made once, however many checks ask. */
export interface CheckContext {
  readonly host: Host;
  readonly uid: number;
  /** Every group of this process. */
  readonly gids: readonly number[];
  /** The variables of whoever runs the checks. */
  readonly env: Environment;
  readonly layout: StoreLayout;
  /** What one user has set up without root, where the store that is looked at is the user's own. */
  readonly own: OwnInstallation | undefined;
  /** What nix.conf says to the daemon; the defaults where it cannot be read, which has a check of its own. */
  readonly settings: Settings;
  /** What holds for the programs of whoever runs the checks. */
  readonly userSettings: Settings;
  readonly configuration: Configuration;
  readonly nowMs: number;
  readonly socketPath: string;
  readonly service: string;
  readonly buildUsers: BuildUsers;
  readonly sandbox: SandboxSetting;
  /** The layout of the database that this program works with. */
  readonly schemaVersion: number;
  /** The version of this program. */
  readVersion(): Promise<string>;
  /** Tries for real what a sandbox needs. */
  probeSandbox(): Promise<readonly ProbeStep[]>;
  readKernelFacts(): Promise<KernelFacts>;
  /** Room on the file system where `path` is or will be. */
  readSpace(path: string): Promise<Space>;
  /** Whether nobody listens for questions about names at this address of the machine. */
  refusesQueries(address: string): Promise<boolean>;
  /** Whether the daemon trusts this user; undefined when it does not say, or there is none. */
  askTrust(): Promise<boolean | undefined>;
  /** The accounts of the host, those that the name service does not list but knows by a planned name or id included. */
  readAccounts(): Promise<Accounts>;
  /** Knows of no service where the store is another one than that of the host. */
  readServiceState(): Promise<ServiceState>;
  /** What the journal of setup says; only root can read it. */
  readSetupState(): Promise<SetupState>;
  /** What in the caller's environment, and in the files that set it, leads to a store. */
  readEnvironment(): Promise<EnvironmentReport>;
  /** Throws when no daemon answers. */
  greetDaemon(): Promise<DaemonGreeting>;
  /** The process that serves the store; undefined when none answers or it cannot be seen. */
  findDaemonProcess(): Promise<DaemonProcess | undefined>;
  askShells(): Promise<readonly ShellAnswer[]>;
}

export interface OwnInstallation {
  readonly home: string;
  /** What the user's login shells read. */
  readonly hook: string;
}

/** Whether setup did something to this host, and how that stands. */
export type SetupState =
  | { readonly state: 'none' | 'running' }
  | { readonly state: 'done'; readonly losses: readonly Loss[] }
  | {
      readonly state: 'unfinished';
      readonly file: string;
      readonly done: number;
      readonly planned: number;
    }
  | { readonly state: 'unreadable'; readonly file: string; readonly reason: string };

/** Something that setup put in place and that is no longer as it has to be. What somebody edited is none. */
export interface Loss {
  readonly path: string;
  readonly flaw: string;
  /** Without it only shells lack something; the daemon and its builds do not. */
  readonly isOfShells: boolean;
}

/** What is known of a daemon that shook hands. */
export interface DaemonGreeting {
  /** Undefined when it speaks a protocol that is too old to tell. */
  readonly version: string | undefined;
  /** Whether it trusts this user; undefined likewise. */
  readonly trusted: boolean | undefined;
  /** Who made the socket: the daemon itself, or the init system for it. */
  readonly listenerPid: number;
}

/** Who should be there to build: the group from nix.conf, and the accounts that setup would make. */
export interface BuildUsers {
  readonly group: string;
  /** The planned id of the group; those of the users follow it. */
  readonly base: number;
  readonly names: readonly string[];
}

export interface ConfigurationProblem {
  readonly file: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What is wrong with the configuration files themselves. */
export interface Configuration {
  /** What keeps a file from being read, each with what to do about it. */
  readonly problems: readonly ConfigurationProblem[];
  /** What has no effect, or is not known. */
  readonly warnings: readonly string[];
}

/** What nix.conf says of the sandbox. */
export interface SandboxSetting {
  readonly file: string;
  readonly value: 'true' | 'false' | 'relaxed';
}
