import type { StoreLayout } from '../config/layout.ts';
import { loadNixSettings } from './nix-settings.ts';

/** Before a daemon of another version than `version`, which has served until now, opens the store. */
export async function backUpStore(layout: StoreLayout, version: string): Promise<void> {
  // Most commands have no use for SQLite.
  const { backUp } = await import('../store/backup.ts');
  const { settings } = loadNixSettings(layout, {}, true);
  await backUp(layout, { useWal: settings.useSqliteWal, version, nowMs: Date.now() });
}
