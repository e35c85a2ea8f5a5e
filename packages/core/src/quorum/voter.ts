import type { Clock } from "../clock.js";
import type {
  LockNode,
  NodeIdentity,
  ReleaseReply,
  ReleaseRequest,
  WithdrawRequest,
} from "../node/lock-node.js";
import { publish } from "../telemetry.js";
import { OwedReleases } from "./owed-releases.js";
import { Silence } from "./silence.js";
import { earlier, type Instant, instant } from "./validity.js";

/** One node as the quorum sees it: whether it can be asked, what to do when it is silent, and the releases that it is owed. */
export class Voter {
  /** How often its connection was lost, and when it was last, by the monotonic clock. */
  epoch = 0;
  lostAt = -Infinity;
  /** Who it is, since the connection that it has now; `undefined` until it has said so. */
  identity: NodeIdentity | undefined;
  /** Monotonic times at which it said who it is, and at which its server had started for certain, as far as is known. */
  identifiedAt = -Infinity;
  bornAt = -Infinity;
  /** Before which it had not started. */
  bornAfter: Instant = { monotonic: -Infinity, wall: -Infinity };
  readonly name: string;
  readonly #clock: Clock;
  readonly #retryMs: number;
  readonly #onIdentity: (voter: Voter) => void;
  readonly #unwatch: () => void;
  #identifying: Promise<void> | undefined;
  #isDown = false;
  readonly #silence: Silence;
  #paidAt = -Infinity;
  /** The releases that it could not be given. */
  readonly owed = new OwedReleases();

  /** @param retryMs how often a silent or unfit node is tried again */
  constructor(
    readonly node: LockNode,
    readonly index: number,
    clock: Clock,
    retryMs: number,
    onIdentity: (voter: Voter) => void,
  ) {
    this.name = node.name;
    this.#clock = clock;
    this.#retryMs = retryMs;
    this.#onIdentity = onIdentity;
    this.#silence = new Silence(node.name, clock, retryMs);
    this.#unwatch = node.watch(() => this.#stateChanged());
    if (node.state === "ready") void this.#identify();
  }

  /**
   * Why the node can't be asked now, or `undefined`. A node that is known to be out of reach costs nobody a
   * deadline; one that fell silent gets one request in `retryMs`, so that nothing piles up in front of it.
   */
  obstacle(now: number): string | undefined {
    if (this.node.state === "disconnected") return this.#disconnected();
    const unfit = this.identity?.unfit;
    if (this.#silence.mustRest(now)) return this.#silence.reason(now);
    // A connection can be dead without anybody having been told; the kernel gives it up after a quarter of an hour.
    if (this.#silence.isLong(now)) this.node.reconnect?.();
    if (unfit) {
      if (now - this.identifiedAt < this.#retryMs) return unfit;
      this.identity = undefined;
    }
    return undefined;
  }

  /** Whether it has missed a deadline and not answered since. */
  get isSilent(): boolean {
    return this.#silence.since !== undefined;
  }

  /** Why its answers are no votes at present. */
  standing(): string | undefined {
    if (this.node.state === "disconnected") return this.#disconnected();
    return this.#silence.reason(this.#clock.monotonic()) ?? this.identity?.unfit ?? undefined;
  }

  /** Asks the node once it is connected and has said who it is. */
  ask<R>(question: (node: LockNode) => Promise<R>): Promise<R> {
    if (this.identity !== undefined) return question(this.node);
    return this.#identify().then(() => {
      const { identity } = this as Voter;
      const obstacle = identity === undefined ? this.#disconnected() : identity.unfit;
      if (obstacle !== null) throw new Error(obstacle);
      return question(this.node);
    });
  }

  /** A request leaves for it. */
  asked(now: number): void {
    this.#silence.asked(now);
  }

  /** A request has ended, with a reply or with an error. */
  answered(replied: boolean): void {
    this.#silence.answered(replied);
    if (!replied || this.owed.size === 0) return;
    // It can have refused a release for a reason that is over; once in a while, since it may go on refusing.
    if (this.#clock.monotonic() - this.#paidAt >= this.#retryMs) this.#payOwed();
  }

  /** Its vote did not count: it is left alone for a while, and then asked anew who it is. */
  doubt(reason: string): void {
    if (this.identity === undefined || this.identity.unfit !== null) return;
    this.identity = { ...this.identity, unfit: reason };
    this.identifiedAt = this.#clock.monotonic();
    publish.node({ node: this.name, change: "unfit", reason });
  }

  /** It missed a deadline. */
  missed(): void {
    this.#silence.missed(this.#clock.monotonic());
  }

  /**
   * Has the node release, whatever state it is in. A release that could not be delivered is owed, until the
   * lock has expired by itself.
   *
   * @param adopted the token is the caller's: what the node refused is not owed then, since it may have granted the
   * keys to the same token anew meanwhile
   * @param ended hears the reply, or that there is none
   */
  release(
    request: ReleaseRequest,
    ttlMs: number,
    adopted = false,
    ended?: (reply: ReleaseReply | undefined) => void,
  ): Promise<ReleaseReply> {
    const now = this.#clock.monotonic();
    if (this.node.state === "disconnected") {
      this.owed.add(request, now + ttlMs, adopted);
      ended?.(undefined);
      return Promise.reject(new Error(this.#disconnected()));
    }
    this.asked(now);
    const isWanted = this.owed.leaves(request, adopted);
    const sent =
      this.node.state === "connecting"
        ? this.#identify().then(() => this.node.release(request))
        : this.node.release(request);
    return sent.then(
      (reply) => {
        isWanted();
        this.answered(true);
        ended?.(reply);
        return reply;
      },
      (error: unknown) => {
        this.answered(false);
        const isOwed = !adopted || this.node.state === "disconnected";
        if (isWanted() && isOwed) this.owed.add(request, now + ttlMs, adopted);
        ended?.(undefined);
        throw error;
      },
    );
  }

  /** Takes a process off its queues, if it can be told now; what it is not told, it forgets by itself. */
  withdraw(request: WithdrawRequest): void {
    if (this.node.state !== "ready" || this.isSilent || this.node.withdraw === undefined) return;
    this.asked(this.#clock.monotonic());
    const ended = (replied: boolean) => (): void => this.answered(replied);
    this.node.withdraw(request).then(ended(true), ended(false));
  }

  /** Settles when it has answered everything, as far as it can be expected to. */
  async idle(): Promise<void> {
    while (this.#silence.isWaitedFor && this.standing() === undefined) {
      await this.#silence.idle();
      // What was answered may call for another request.
      await new Promise<void>((resolve) => void this.#clock.setTimer(resolve, 0));
    }
  }

  /** Stops watching the node and closes what it opened itself. */
  async close(): Promise<void> {
    this.#unwatch();
    this.owed.clear();
    await this.node.close();
  }

  #disconnected(): string {
    return ["disconnected", this.node.trouble].filter(Boolean).join(": ");
  }

  #payOwed(): void {
    this.#paidAt = this.#clock.monotonic();
    for (const { request, until, adopted } of this.owed.take(this.#paidAt))
      this.release(request, until - this.#paidAt, adopted).catch(() => {});
  }

  #stateChanged(): void {
    const { state } = this.node;
    if (state === "disconnected") {
      // Every attempt to connect again that fails says so once more.
      if (!this.#isDown) publish.node({ node: this.name, change: "disconnected", reason: undefined });
      this.#isDown = true;
      this.epoch++;
      this.lostAt = this.#clock.monotonic();
      // Whoever answers after a reconnection may be another, or have forgotten everything.
      this.identity = undefined;
      this.#identifying = undefined;
      this.#silence.disconnected();
    } else this.#isDown = false;
    if (state === "ready") {
      this.#payOwed();
      if (this.identity === undefined) void this.#identify();
    }
  }

  #identify(): Promise<void> {
    if (this.#identifying !== undefined) return this.#identifying;
    const asked = instant(this.#clock);
    const identifying = this.node.identify().then(
      (identity) => {
        if (this.#identifying !== identifying) return;
        this.#identifying = undefined;
        this.identifiedAt = this.#clock.monotonic();
        this.identity = identity;
        this.#silence.broken();
        this.bornAt = this.identifiedAt - identity.uptimeMs;
        this.bornAfter = earlier(asked, identity.uptimeMs);
        this.#onIdentity(this);
      },
      (error: unknown) => {
        if (this.#identifying === identifying) this.#identifying = undefined;
        throw error;
      },
    );
    this.#identifying = identifying;
    // Nobody may be waiting for this one; whoever asks gets the error.
    identifying.catch(() => {});
    return identifying;
  }
}
