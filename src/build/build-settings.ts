/** The settings that builds depend on, named as in `config/settings.ts`. */
export interface BuildSettings {
  readonly maxJobs: number;
  /** 0 for all. */
  readonly cores: number;
  readonly keepGoing: boolean;
  readonly keepFailed: boolean;
  readonly timeoutSeconds: number;
  readonly maxSilentSeconds: number;
  readonly maxBuildLogBytes: number;
  readonly logLines: number;
  readonly keepBuildLog: boolean;
  readonly compressBuildLog: boolean;
  readonly sandbox: 'on' | 'relaxed' | 'off';
  readonly sandboxPaths: readonly string[];
  readonly sandboxShmSize: string;
  /** Where the host has its certificates, if an administrator says so. */
  readonly sslCertFile: string | undefined;
  readonly system: string;
  readonly extraPlatforms: readonly string[];
  readonly systemFeatures: readonly string[];
  readonly filterSyscalls: boolean;
  readonly allowNewPrivileges: boolean;
  readonly buildDir: string | undefined;
}
