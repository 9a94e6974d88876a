import type { Environment, StoreLayout } from '../config/layout.ts';
import type { Settings } from '../config/settings.ts';
import type { EnvironmentReport } from '../env/check.ts';
import type { ProbeStep } from '../host/enter.ts';
import type { Host } from '../host/host.ts';
import type { KernelFacts } from './kernel-facts.ts';

export type { ProbeStep };

/** What checks may look at. Each look that costs something is made once, however many checks ask. */
export interface CheckContext {
  readonly host: Host;
  readonly uid: number;
  /** The variables of whoever runs the checks. */
  readonly env: Environment;
  readonly layout: StoreLayout;
  /** What nix.conf says to the daemon; the defaults where it cannot be read, which has a check of its own. */
  readonly settings: Settings;
  readonly configuration: Configuration;
  readonly nowMs: number;
  readonly socketPath: string;
  readonly service: string;
  readonly buildUsers: BuildUsers;
  readonly sandbox: SandboxSetting;
  /** Tries for real what a sandbox needs. */
  probeSandbox(): Promise<readonly ProbeStep[]>;
  readKernelFacts(): Promise<KernelFacts>;
  /** What in the caller's environment, and in the files that set it, leads to a store. */
  readEnvironment(): Promise<EnvironmentReport>;
  /** Throws when no daemon answers. */
  handshake(signal: AbortSignal): Promise<void>;
}

/** Who should be there to build: the group from nix.conf, and the names that setup would make. */
export interface BuildUsers {
  readonly group: string;
  readonly names: readonly string[];
}

/** What is wrong with the configuration files themselves. */
export interface Configuration {
  /** What keeps a file from being read, each with what to do about it. */
  readonly problems: readonly { readonly message: string; readonly hint: string | undefined }[];
  /** What has no effect, or is not known. */
  readonly warnings: readonly string[];
}

/** What nix.conf says of the sandbox. */
export interface SandboxSetting {
  readonly file: string;
  readonly value: 'true' | 'false' | 'relaxed';
}
