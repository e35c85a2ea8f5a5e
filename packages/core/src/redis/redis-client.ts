import type { NodeState } from "../node/lock-node.js";

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
  /** Opens the connection anew, if this package made it. */
  reconnect(): void;
  /** Ends the connection, if this package made it. */
  close(): Promise<void>;
}
