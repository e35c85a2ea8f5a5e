import { clusterRefusal } from "../keys/lock-key.js";
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
const SCRIPTS = [GRANT, CONFIRM, EXTEND, RELEASE, INSPECT];

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

  get trouble(): string | undefined {
    return this.#client.trouble;
  }

  refusal(keys: readonly LockKey[]): string | null {
    return this.#client.clustered ? clusterRefusal(keys) : null;
  }

  watch(listener: () => void): () => void {
    return this.#client.watch(listener);
  }

  async identify(): Promise<NodeIdentity> {
    await this.#client.ready();
    const [identity] = await Promise.all([
      identify(this.#client),
      ...SCRIPTS.map((script) => script.load(this.#client)),
    ]);
    return identity;
  }

  grant(request: GrantRequest): Promise<GrantReply> {
    const { keys, token, ttlMs, lockDelayMs, proposal, fenceTtlMs, maxSkewMs } = request;
    const args = [token, ttlMs + lockDelayMs, proposal, fenceTtlMs, maxSkewMs];
    if (lockDelayMs > 0) args.push(lockDelayMs);
    return GRANT.run(this.#client, namesOf(keys), args, readGrant);
  }

  confirm(request: ConfirmRequest): Promise<boolean> {
    const { keys, token, fence, fenceTtlMs } = request;
    return CONFIRM.run(
      this.#client,
      namesOf(keys),
      [token, fence, fenceTtlMs],
      (reply) => Number(reply) === 1,
    );
  }

  extend(request: ExtendRequest): Promise<ExtendReply> {
    const { keys, token, ttlMs, lockDelayMs, fenceTtlMs, fence, repair } = request;
    const args = [token, ttlMs + lockDelayMs, lockDelayMs, fenceTtlMs, fence, repair ? 1 : 0];
    return EXTEND.run(this.#client, namesOf(keys), args, readExtend);
  }

  release(request: ReleaseRequest): Promise<ReleaseReply> {
    const { keys, token, keepMs, lockDelayMs } = request;
    const locks = keys.map(({ lock }) => lock);
    const args: (string | number)[] = [token ?? ""];
    if (keepMs > 0 || lockDelayMs > 0) args.push(keepMs);
    if (lockDelayMs > 0) args.push(lockDelayMs);
    return RELEASE.run(this.#client, locks, args, readRelease);
  }

  inspect(key: LockKey): Promise<KeyState> {
    return INSPECT.run(this.#client, namesOf([key]), [], readState);
  }

  async exchange(name: string, mine: string, ttlMs: number): Promise<string | null> {
    if (this.#client.clustered) return null;
    const before = this.#client.send("get", [name]);
    const [text] = await Promise.all([before, this.#client.send("set", [name, mine, "PX", ttlMs])]);
    return text as string | null;
  }

  reconnect(): void {
    this.#client.reconnect();
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** Lock key, counter key, lock key, counter key, … */
function namesOf(keys: readonly LockKey[]): string[] {
  const names: string[] = [];
  for (const { lock, fence } of keys) names.push(lock, fence);
  return names;
}

function readGrant(reply: unknown): GrantReply {
  if (!Array.isArray(reply)) return { kind: "granted", fence: Number(reply), fresh: true };
  const [status, value, left, holder] = reply as [number, string, string, string];
  if (Number(status) === 0)
    return { kind: "held", holder, remainingMs: remaining(left), fence: Number(value) };
  if (Number(status) === -1) return { kind: "skewed", nodeTimeMs: Number(value) };
  return { kind: "granted", fence: Number(value), fresh: false };
}

function readExtend(reply: unknown): ExtendReply {
  const [status, value] = reply as [number, string];
  if (Number(status) === 1) return { kind: "extended", fence: Number(value) };
  if (Number(status) === 2) return { kind: "repaired" };
  return Number(status) === 0 ? { kind: "free" } : { kind: "held", remainingMs: remaining(value) };
}

function readRelease(reply: unknown): ReleaseReply {
  if (Number(reply) === 1) return "released";
  return Number(reply) === 0 ? "free" : "held";
}

function readState(reply: unknown): KeyState {
  const [token, left, fence] = reply as [string | null, number, string | null];
  return { token, remainingMs: token === null ? 0 : remaining(left), fence: Number(fence ?? 0) };
}

/** PTTL says -1 of a key without TTL, which is held for ever. */
function remaining(pttl: number | string): number {
  const left = Number(pttl);
  return left === -1 ? Infinity : Math.max(0, left);
}
