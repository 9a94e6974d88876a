import type { Builder } from '../build/builder.ts';
import type { SettingFacts } from '../config/setting-kinds.ts';
import type { Settings } from '../config/settings.ts';
import type { RequiredKeys } from '../store/add-nar.ts';
import type { Store } from '../store/store.ts';
import type { TempRoots } from '../store/temp-roots.ts';
import type { ClientLog } from './client-log.ts';

/** What an operation may use: one per connection. */
export interface Session {
  readonly store: Store;
  readonly builder: Builder;
  /** Roots that last as long as the connection. */
  readonly tempRoots: TempRoots;
  readonly log: ClientLog;
  readonly isTrusted: boolean;
  /** The keys of which one must have signed what the client brings, unless it is trusted and says otherwise. */
  readonly requiredKeys: RequiredKeys;
  /** Aborted once the client is gone. */
  readonly signal: AbortSignal;
  readonly minor: number;
  readonly facts: SettingFacts;
  /** The daemon's settings with what this client has changed for itself. */
  settings: Settings;
}
