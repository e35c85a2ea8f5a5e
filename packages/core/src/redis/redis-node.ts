import { clusterRefusal } from "../keys/lock-key.js";
import { keptValue } from "../node/kept-value.js";
import type {
  ConfirmRequest,
  ExtendReply,
  ExtendRequest,
  GrantReply,
  GrantRequest,
  KeyState,
  LockKey,
  LockNode,
  NodeIdentity,
  NodeState,
  ReleaseReply,
  ReleaseRequest,
} from "../node/lock-node.js";
import { identify } from "./identity.js";
import type { RedisClient } from "./redis-client.js";
import { Script } from "./script.js";
import * as exclusive from "./scripts/exclusive.js";

const GRANT = new Script(exclusive.GRANT);
const CONFIRM = new Script(exclusive.CONFIRM);
const EXTEND = new Script(exclusive.EXTEND);
const RELEASE = new Script(exclusive.RELEASE);
const INSPECT = new Script(exclusive.INSPECT);

/** A Redis server, or a whole Cluster, as one node. */
export class RedisNode implements LockNode {
  readonly #client: RedisClient;

  constructor(client: RedisClient) {
    this.#client = client;
  }

  get name(): string {
    return this.#client.name;
  }

  get state(): NodeState {
    return this.#client.state;
  }

  refusal(keys: readonly LockKey[]): string | null {
    return this.#client.clustered ? clusterRefusal(keys) : null;
  }

  watch(listener: () => void): () => void {
    return this.#client.watch(listener);
  }

  async identify(): Promise<NodeIdentity> {
    await this.#client.ready();
    return identify(this.#client);
  }

  grant(request: GrantRequest): Promise<GrantReply> {
    const { keys, token, ttlMs, lockDelayMs, proposal, fenceTtlMs, maxSkewMs } = request;
    const args = [token, ttlMs + lockDelayMs, proposal, fenceTtlMs, maxSkewMs, lockDelayMs];
    return GRANT.run(this.#client, keys, args).then((reply) => {
      const [status, first, second] = reply as [number, string, string];
      if (Number(status) === 0) return { kind: "held", remainingMs: remaining(first), fence: Number(second) };
      if (Number(status) === -1) return { kind: "skewed", nodeTimeMs: Number(first) };
      return { kind: "granted", fence: Number(first), fresh: Number(status) === 1 };
    });
  }

  async confirm(request: ConfirmRequest): Promise<boolean> {
    const { keys, token, fence, fenceTtlMs } = request;
    return Number(await CONFIRM.run(this.#client, keys, [token, fence, fenceTtlMs])) === 1;
  }

  async extend(request: ExtendRequest): Promise<ExtendReply> {
    const { keys, token, ttlMs, lockDelayMs, fenceTtlMs, fence, repair } = request;
    const args = [token, ttlMs + lockDelayMs, lockDelayMs, fenceTtlMs, fence, repair ? 1 : 0];
    const [status, value] = (await EXTEND.run(this.#client, keys, args)) as [number, string];
    if (Number(status) === 1) return { kind: "extended", fence: Number(value) };
    if (Number(status) === 2) return { kind: "repaired" };
    return Number(status) === 0 ? { kind: "free" } : { kind: "held", remainingMs: remaining(value) };
  }

  release(request: ReleaseRequest): Promise<ReleaseReply> {
    const { keys, token, keepMs } = request;
    const args = [token ?? "", keepMs, keptValue(token ?? "")];
    return RELEASE.run(this.#client, keys, args).then((reply) => {
      if (Number(reply) === 1) return "released";
      return Number(reply) === 0 ? "free" : "held";
    });
  }

  async inspect(key: LockKey): Promise<KeyState> {
    const reply = (await INSPECT.run(this.#client, [key], [])) as [string | null, number, string | null];
    const [token, left, fence] = reply;
    if (token === null) return { token, remainingMs: 0, fence: Number(fence ?? 0) };
    return { token, remainingMs: remaining(left), fence: Number(fence ?? 0) };
  }

  async exchange(name: string, mine: string, ttlMs: number): Promise<string | null> {
    if (this.#client.clustered) return null;
    const before = this.#client.send("get", [name]);
    const [text] = await Promise.all([before, this.#client.send("set", [name, mine, "PX", ttlMs])]);
    return text as string | null;
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** PTTL says -1 of a key without TTL, which is held for ever. */
function remaining(pttl: number | string): number {
  const left = Number(pttl);
  return left === -1 ? Infinity : Math.max(0, left);
}
