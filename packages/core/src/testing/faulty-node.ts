import { type Clock, type ClockTimer, systemClock } from "../clock.js";
import type { LockNode, NodeState, NoticeSubscription } from "../node/lock-node.js";
import type { NodeFaults, NodeRequest, Way } from "./node-faults.js";

/** A node with a bad connection; see {@link faultyNode}. */
export interface FaultyNode extends LockNode {
  readonly faults: NodeFaults;
}

/**
 * Puts a bad connection in front of a node, for tests of what an outage does. Works as the node itself
 * until it is told otherwise.
 *
 * @param clock what delays are measured by
 */
export function faultyNode(node: LockNode, clock: Clock = systemClock): FaultyNode {
  const connection = new FaultyConnection(node, clock);
  const [exchange, refusal] = [node.exchange?.bind(node), node.refusal?.bind(node)];
  const announce = node.announce?.bind(node);
  const list = node.list?.bind(node);
  const [withdraw, listen] = [node.withdraw?.bind(node), node.listen?.bind(node)];
  return {
    faults: connection,
    name: node.name,
    get state() {
      return connection.state;
    },
    watch: (listener) => connection.watch(listener),
    identify: () => connection.send("identify", () => node.identify()),
    grant: (request) => connection.send("grant", () => node.grant(request)),
    confirm: (request) => connection.send("confirm", () => node.confirm(request)),
    extend: (request) => connection.send("extend", () => node.extend(request)),
    release: (request) => connection.send("release", () => node.release(request)),
    inspect: (key) => connection.send("inspect", () => node.inspect(key)),
    ...(exchange && { exchange: (...record) => connection.send("exchange", () => exchange(...record)) }),
    ...(announce && { announce: (...record) => connection.send("announce", () => announce(...record)) }),
    ...(list && { list: (...which) => connection.send("list", () => list(...which)) }),
    ...(refusal && { refusal }),
    ...(withdraw && { withdraw: (request) => connection.send("withdraw", () => withdraw(request)) }),
    ...(listen && { listen: (process, hear) => connection.listen(listen, process, hear) }),
    close: () => connection.close(),
  };
}

type Fault =
  | { readonly kind: "lose" | "hold" | "duplicate" }
  | { readonly kind: "delay"; readonly delayMs: () => number }
  | { readonly kind: "fail"; readonly error: Error };

class FaultyConnection implements NodeFaults {
  readonly #node: LockNode;
  readonly #clock: Clock;
  readonly #unwatch: () => void;
  readonly #listeners = new Set<() => void>();
  /** By way and request; `""` stands for every request that is not named. */
  readonly #faults = new Map<string, Fault>();
  readonly #underWay = new Set<(error: Error) => void>();
  readonly #timers = new Set<ClockTimer>();
  readonly carriedOut: NodeRequest[] = [];
  #held: (() => void)[] = [];
  #connected = true;

  constructor(node: LockNode, clock: Clock) {
    this.#node = node;
    this.#clock = clock;
    this.#unwatch = node.watch(() => {
      if (node.state === "disconnected") this.#break();
      if (this.#connected) this.#changed();
    });
  }

  get state(): NodeState {
    return this.#connected ? this.#node.state : "disconnected";
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  lose(way: Way, ...only: NodeRequest[]): void {
    this.#set(way, only, { kind: "lose" });
  }

  hold(way: Way, ...only: NodeRequest[]): void {
    this.#set(way, only, { kind: "hold" });
  }

  delay(way: Way, delayMs: number | (() => number), ...only: NodeRequest[]): void {
    this.#set(way, only, {
      kind: "delay",
      delayMs: typeof delayMs === "number" ? () => delayMs : delayMs,
    });
  }

  fail(error: Error, ...only: NodeRequest[]): void {
    this.#set("requests", only, { kind: "fail", error });
  }

  duplicate(...only: NodeRequest[]): void {
    this.#set("requests", only, { kind: "duplicate" });
  }

  resume(order: "in order" | "last first" = "in order"): void {
    this.#faults.clear();
    const held = this.#held;
    this.#held = [];
    if (order === "last first") held.reverse();
    for (const goOn of held) goOn();
  }

  disconnect(): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#break();
    this.#changed();
  }

  reconnect(): void {
    if (this.#connected) return;
    this.#connected = true;
    this.#changed();
  }

  /** Has the node do what `request` asks, as far as the faults let it through. */
  send<Reply>(request: NodeRequest, carryOut: () => Promise<Reply>): Promise<Reply> {
    if (!this.#connected) return Promise.reject(new Error("disconnected"));
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void => {
        this.#underWay.delete(refuse);
        reject(error);
      };
      this.#underWay.add(refuse);
      const fault = this.#faultOf("requests", request);
      if (fault?.kind === "fail") return refuse(fault.error);
      const answer = (settle: () => void): void =>
        this.#travel("replies", request, () => {
          if (this.#underWay.delete(refuse)) settle();
        });
      const deliver = (): Promise<Reply> => {
        this.carriedOut.push(request);
        return carryOut();
      };
      this.#travel("requests", request, () => {
        if (fault?.kind === "duplicate") deliver().catch(() => {});
        deliver().then(
          (reply) => answer(() => resolve(reply)),
          (error: unknown) => answer(() => refuse(error instanceof Error ? error : new Error(String(error)))),
        );
      });
    });
  }

  /** Lets notices through as far as the faults do; none comes while there is no connection. */
  listen(
    listen: NonNullable<LockNode["listen"]>,
    process: string,
    hear: (lock: string) => void,
  ): NoticeSubscription {
    const subscription = listen(process, (lock) => {
      if (this.#connected) this.#travel("replies", "notice", () => hear(lock));
    });
    const isConnected = (): boolean => this.#connected;
    return {
      get active() {
        return isConnected() && subscription.active;
      },
      stop: () => subscription.stop(),
    };
  }

  async close(): Promise<void> {
    this.#unwatch();
    this.#break();
    await this.#node.close();
  }

  /** What is under way on a connection goes with it. */
  #break(): void {
    this.#held = [];
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const refuse of this.#underWay) refuse(new Error("disconnected"));
  }

  #travel(way: Way, request: NodeRequest, goOn: () => void): void {
    const fault = this.#faultOf(way, request);
    if (fault?.kind === "lose") return;
    if (fault?.kind === "hold") return void this.#held.push(goOn);
    if (fault?.kind !== "delay") return goOn();
    const timer = this.#clock.setTimer(() => {
      this.#timers.delete(timer);
      goOn();
    }, fault.delayMs());
    this.#timers.add(timer);
  }

  #set(way: Way, only: readonly NodeRequest[], fault: Fault): void {
    if (only.length === 0) this.#faults.set(`${way}:`, fault);
    for (const request of only) this.#faults.set(`${way}:${request}`, fault);
  }

  #faultOf(way: Way, request: NodeRequest): Fault | undefined {
    return this.#faults.get(`${way}:${request}`) ?? this.#faults.get(`${way}:`);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
