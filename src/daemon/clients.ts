import { abortable } from '../base/async.ts';
import { messageOf } from '../base/errors.ts';
import type { Builder } from '../build/builder.ts';
import type { SettingFacts } from '../config/setting-kinds.ts';
import { type Peer, trustOf } from '../config/trust.ts';
import type { ByteChannel } from '../host/byte-channel.ts';
import { type Credentials, peerCredentials } from '../host/libc.ts';
import type { Names } from '../host/names.ts';
import { currentIds, isUsable } from '../host/store-files.ts';
import { OWN_MINOR } from '../protocol/versions.ts';
import type { RequiredKeys } from '../store/add-nar.ts';
import type { Store } from '../store/store.ts';
import { ClientLog } from './client-log.ts';
import { Connection } from './connection.ts';
import { notAllowed } from './errors.ts';
import { servedOps } from './ops/served-ops.ts';
import { requiredKeys } from './required-keys.ts';
import type { DaemonOptions } from './serve.ts';
import type { StoreKeeper } from './store-keeper.ts';
import { makeUserFolders } from './user-folders.ts';

const LINGER_MS = 1000;
const LINGER_BYTES = 64 << 20;

interface Services extends DaemonOptions {
  readonly names: Names;
  readonly builder: Builder;
  readonly keeper: StoreKeeper;
}

/** Everybody who is connected. */
export class Clients implements AsyncDisposable {
  readonly #services: Services;
  readonly #facts: SettingFacts;
  readonly #requiredKeys: RequiredKeys;
  readonly #connections = new Set<Connection>();
  readonly #serving = new Set<Promise<void>>();

  constructor(services: Services) {
    const { settings, cpuCount, layout } = services;
    this.#services = services;
    this.#requiredKeys = requiredKeys(settings);
    this.#facts = {
      system: settings.system,
      cpuCount,
      isRoot: currentIds().uid === 0,
      hasKvm: isUsable('/dev/kvm'),
      confDir: layout.confDir,
    };
  }

  /** Serves a client that has just connected, until it leaves. */
  welcome(channel: ByteChannel): void {
    const serving = this.#serve(channel).finally(() => {
      channel.end();
      this.#serving.delete(serving);
    });
    this.#serving.add(serving);
  }

  /** Waits until everybody has left by themselves, or `signal` is aborted. */
  async haveLeft(signal: AbortSignal): Promise<void> {
    while (this.#serving.size > 0 && !signal.aborted)
      await abortable(Promise.all(this.#serving), signal).catch(() => undefined);
  }

  /** Waits for requests that are being served; idle clients are let go at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.stop();
    await Promise.all(this.#serving);
  }

  async #serve(channel: ByteChannel): Promise<void> {
    const { log, layout, keeper, settings } = this.#services;
    const connection = new Connection(channel, layout.storeDir, servedOps);
    try {
      const credentials = peerCredentials(channel.fd);
      const peer = await this.#peerOf(credentials);
      const trust = trustOf(peer, settings);
      if (trust === 'refused') throw notAllowed(peer.user);
      const isTrusted = trust === 'trusted';
      const suffix = isTrusted ? ' (trusted)' : '';
      log('info', `accepted connection from pid ${credentials.pid}, user ${peer.user}${suffix}`);
      using lent = await keeper.lend();
      this.#makeFolders({ user: peer.user, uid: credentials.uid });
      await this.#converse(connection, channel, { store: lent.store, isTrusted });
    } catch (error) {
      if (channel.closed.aborted) return;
      log('error', `error processing connection: ${messageOf(error)}`);
      if (!connection.isGreeted) return;
      connection.refuse(error);
      await linger(channel);
    }
  }

  async #converse(
    connection: Connection,
    channel: ByteChannel,
    { store, isTrusted }: { store: Store; isTrusted: boolean },
  ): Promise<void> {
    const { builder, settings, version } = this.#services;
    const minor = await connection.greet({ minor: OWN_MINOR, version, trusted: isTrusted });
    this.#connections.add(connection);
    using tempRoots = store.createTempRoots();
    try {
      connection.accept();
      await connection.serve({
        store,
        builder,
        tempRoots,
        log: new ClientLog(connection),
        isTrusted,
        requiredKeys: this.#requiredKeys,
        signal: channel.closed,
        minor,
        facts: this.#facts,
        settings,
      });
    } finally {
      this.#connections.delete(connection);
    }
  }

  /** Whoever has none can still do all that needs no profile. */
  #makeFolders(owner: { user: string; uid: number }): void {
    const { layout, log } = this.#services;
    try {
      makeUserFolders(layout, owner);
    } catch (error) {
      log('warn', `Cannot make the folders of user ${owner.user}: ${messageOf(error)}`);
    }
  }

  async #peerOf({ uid, gid }: Credentials): Promise<Peer> {
    const { names, settings } = this.#services;
    const [user, group] = await Promise.all([names.userName(uid), names.groupName(gid)]);
    const listed = [...settings.trustedUsers, ...settings.allowedUsers]
      .filter(entry => entry.startsWith('@'))
      .map(entry => names.findGroup(entry.slice(1)));
    const groups = (await Promise.all(listed)).filter(found => found?.members.includes(user));
    return { user, group, isMemberOf: name => groups.some(found => found?.name === name) };
  }
}

/**
 * Hears a client out for a while that is told no more. Who writes to a connection that is closed never reads why it was.
 */
async function linger(channel: ByteChannel): Promise<void> {
  const timer = setTimeout(() => channel.end(), LINGER_MS);
  let left = LINGER_BYTES;
  while (left > 0) {
    const chunk = await channel.next();
    if (chunk === undefined) break;
    left -= chunk.length;
  }
  clearTimeout(timer);
}
