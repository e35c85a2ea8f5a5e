import type { LockNode, NodeState, NoticeSubscription } from "@redlock-kit/core";
import type { Client } from "./client.js";
import {
  announceOf,
  confirmOf,
  extendOf,
  grantOf,
  IDENTIFY,
  inspectOf,
  type Reply,
  releaseOf,
  type Request,
  withdrawOf,
} from "./wire.js";

/** PORT 1 over a network: what a manager takes for one of its nodes. */
export class Link implements LockNode {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  get name(): string {
    return this.#client.parts.server.name;
  }

  get state(): NodeState {
    return this.#client.state;
  }

  watch(listener: () => void): () => void {
    this.#client.watchers.add(listener);
    return () => void this.#client.watchers.delete(listener);
  }

  async identify(): Reply<"identify"> {
    if (this.state === "connecting") await this.#client.first;
    return this.#client.ask(IDENTIFY);
  }

  grant(request: Request<"grant">): Reply<"grant"> {
    return this.#client.ask(grantOf(request, this.#process));
  }

  confirm(request: Request<"confirm">): Reply<"confirm"> {
    return this.#client.ask(confirmOf(request));
  }

  extend(request: Request<"extend">): Reply<"extend"> {
    return this.#client.ask(extendOf(request));
  }

  release(request: Request<"release">): Reply<"release"> {
    return this.#client.ask(releaseOf(request));
  }

  inspect(key: Request<"inspect">): Reply<"inspect"> {
    return this.#client.ask(inspectOf(key));
  }

  withdraw({ keys }: Request<"withdraw">): Reply<"withdraw"> {
    return this.#client.ask(withdrawOf(keys, this.#process));
  }

  announce(record: string, ttlMs: number, lifeMs: number): Reply<"announce"> {
    return this.#client.ask(announceOf(record, ttlMs, lifeMs));
  }

  listen(_process: string, hear: (lock: string) => void): NoticeSubscription {
    return this.#client.listen(hear);
  }

  reconnect(): void {
    if (this.#client.parts.manners.reopens) this.#client.breakOff("opened anew");
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  /** The name under which its process waits: on the wire it has one that is the same in every play. */
  get #process(): string {
    return this.#client.parts.machine.name;
  }
}
