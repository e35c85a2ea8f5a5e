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
  LockPage,
  NodeIdentity,
  NodeState,
  NoticeSubscription,
  ReleaseReply,
  ReleaseRequest,
  WithdrawRequest,
} from "../node/lock-node.js";
import { wakeChannel } from "../node/reserved.js";
import { BATCH } from "./batch.js";
import { identify } from "./identity.js";
import { Outbox } from "./outbox.js";
import { CONFIRM, EXTEND, GRANT, INSPECT, RELEASE, WITHDRAW } from "./questions.js";
import type { RedisClient } from "./redis-client.js";
import { scan } from "./scan.js";
import { Script } from "./script.js";
import * as announcing from "./scripts/announce.js";
import { Replication, type ReplicationSettings } from "./replication.js";

const QUESTIONS = [GRANT, CONFIRM, EXTEND, RELEASE, WITHDRAW, INSPECT];
const ANNOUNCE = new Script(announcing.ANNOUNCE);
const SCRIPTS = [...QUESTIONS.map(({ script }) => script), BATCH, ANNOUNCE];

/** A Redis server, or a whole Cluster, as one node. */
export class RedisNode implements LockNode {
  readonly #client: RedisClient;
  readonly #outbox: Outbox;
  readonly #minReplicas: number;
  readonly #replication: Replication | undefined;

  constructor(client: RedisClient, replication: ReplicationSettings) {
    this.#client = client;
    this.#outbox = new Outbox(client);
    this.#minReplicas = replication.minReplicas;
    if (replication.minReplicas > 0) this.#replication = new Replication(client, replication);
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
      identify(this.#client, this.#minReplicas),
      ...SCRIPTS.map((script) => script.load(this.#client)),
    ]);
    return identity;
  }

  grant(request: GrantRequest): Promise<GrantReply> {
    const reply = this.#outbox.put(GRANT, request);
    return this.#replication === undefined ? reply : this.#confirmed(reply, this.#replication);
  }

  confirm(request: ConfirmRequest): Promise<boolean> {
    return this.#replicated(this.#outbox.put(CONFIRM, request), (accepted) => accepted);
  }

  extend(request: ExtendRequest): Promise<ExtendReply> {
    const reply = this.#outbox.put(EXTEND, request);
    return this.#replicated(reply, ({ kind }) => kind === "extended");
  }

  release(request: ReleaseRequest): Promise<ReleaseReply> {
    return this.#outbox.put(RELEASE, request);
  }

  withdraw(request: WithdrawRequest): Promise<void> {
    return this.#outbox.put(WITHDRAW, request);
  }

  inspect(key: LockKey): Promise<KeyState> {
    return this.#outbox.put(INSPECT, { keys: [key] });
  }

  list(prefix: string, pattern: string, from: string | null): Promise<LockPage> {
    return scan(this.#client, prefix, pattern, from);
  }

  listen(process: string, hear: (lock: string) => void): NoticeSubscription {
    return this.#client.subscribe(wakeChannel(process), hear);
  }

  async exchange(name: string, mine: string, ttlMs: number): Promise<string | null> {
    if (this.#client.clustered) return null;
    const before = this.#client.send("get", [name]);
    const [text] = await Promise.all([before, this.#client.send("set", [name, mine, "PX", ttlMs])]);
    return text as string | null;
  }

  async announce(record: string, ttlMs: number, lifeMs: number): Promise<number> {
    if (this.#client.clustered) return 0;
    return ANNOUNCE.run(this.#client, [record], [ttlMs, lifeMs], Number);
  }

  reconnect(): void {
    this.#client.reconnect();
  }

  close(): Promise<void> {
    this.#outbox.flush();
    return this.#client.close();
  }

  /** A grant that too few replicas have is known to be set, so that it can be given back. */
  async #confirmed(reply: Promise<GrantReply>, replication: Replication): Promise<GrantReply> {
    const given = await reply;
    if (given.kind !== "granted") return given;
    try {
      await replication.reached();
      return given;
    } catch (error) {
      return { ...given, unconfirmed: error instanceof Error ? error.message : String(error) };
    }
  }

  /** The reply, once enough replicas have what it is a vote for. */
  #replicated<Reply>(reply: Promise<Reply>, isVote: (reply: Reply) => boolean): Promise<Reply> {
    const replication = this.#replication;
    if (replication === undefined) return reply;
    return reply.then((given) => (isVote(given) ? replication.reached().then(() => given) : given));
  }
}
