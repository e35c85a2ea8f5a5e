import type { NodeState, NoticeSubscription } from "../node/lock-node.js";

/** One connection to a Redis server or Cluster, whichever library it is made with. */
export interface RedisClient {
  /** How operators know the server, without a password. */
  readonly name: string;
  /** Whether it is a Redis Cluster, where all keys of a script must share a slot. */
  readonly clustered: boolean;
  readonly state: NodeState;
  /** Why it is disconnected, as far as that is known. */
  readonly trouble: string | undefined;
  /** Calls `listener` on every change of `state`; returns how to stop it. */
  watch(listener: () => void): () => void;
  /** Settles when commands can be sent; starts connecting if need be; rejects when the connection fails. */
  ready(): Promise<void>;
  /** Sends a command now, or rejects: it must not be queued for later. */
  send(command: string, args: readonly (string | number)[]): Promise<unknown>;
  /**
   * The servers whose keys can be walked over: one, or the masters of a Cluster. None without a connection.
   */
  servers(): readonly RedisServer[];
  /**
   * Calls `hear` with what is published on `channel`, over a connection of its own that lasts as long as there are
   * subscriptions and comes back after every outage. What is published meanwhile is lost. Keys that the client puts a
   * prefix in front of are told without it.
   */
  subscribe(channel: string, hear: (message: string) => void): NoticeSubscription;
  /** Opens the connections anew that this package made. */
  reconnect(): void;
  /** Ends the connection, if this package made it. */
  close(): Promise<void>;
}

/** One server behind a client. */
export interface RedisServer {
  /** What the client puts in front of keys by itself, but not of patterns. */
  readonly keyPrefix: string;
  send(command: string, args: readonly (string | number)[]): Promise<unknown>;
}
