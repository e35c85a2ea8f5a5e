import type { RedisClient } from "./redis-client.js";

/** What a vote of a server demands of its replicas. */
export interface ReplicationSettings {
  /** How many replicas must have what the vote has set. 0: the vote of the primary is enough. */
  readonly minReplicas: number;
  /** When a vote comes too late. A server waits for most of it, and its client's connection is blocked meanwhile. */
  readonly deadlineMs: number;
}

/**
 * The rest of the deadline is for the way there and back, and for a server that looks for those whose time is up ten
 * times a second: a reason that is heard says more than silence.
 */
const SHARE = 0.75;

/**
 * Waits until enough replicas have received what a server was asked to set. This makes it unlikely, not impossible,
 * that a replica which is promoted has not seen a lease: replicas acknowledge what they have received, and nothing
 * keeps one from being promoted that has not.
 * Source: the Redis documentation of the command WAIT.
 */
export class Replication {
  readonly #client: RedisClient;
  readonly #minReplicas: number;
  readonly #timeoutMs: number;
  #waiting: Promise<void> | undefined;

  constructor(client: RedisClient, settings: ReplicationSettings) {
    this.#client = client;
    this.#minReplicas = settings.minReplicas;
    this.#timeoutMs = Math.max(1, Math.floor(settings.deadlineMs * SHARE));
  }

  /**
   * Settles when enough replicas have everything that this connection has been answered to; rejects when they don't in
   * time. WAIT follows the answer rather than the question, since a script that the server does not know is sent twice.
   */
  reached(): Promise<void> {
    // What a batch has answered is waited for once.
    this.#waiting ??= new Promise((resolve, reject) => {
      process.nextTick(() => {
        this.#waiting = undefined;
        this.#wait().then(resolve, reject);
      });
    });
    return this.#waiting;
  }

  async #wait(): Promise<void> {
    const reached = Number(await this.#client.send("wait", [this.#minReplicas, this.#timeoutMs]));
    if (reached >= this.#minReplicas) return;
    throw new Error(
      `only ${reached} of the ${this.#minReplicas} replicas that minReplicas demands confirmed it within ${this.#timeoutMs} ms`,
    );
  }
}
