import type { Clock } from "../clock.js";
import { publish } from "../telemetry.js";

const TRIES_BEFORE_RECONNECTION = 5;

/** Whether a node answers, told by when it was asked and when it answered. */
export class Silence {
  readonly #node: string;
  readonly #clock: Clock;
  readonly #retryMs: number;
  #unanswered = 0;
  /** When it was asked first after its last answer, and when it was asked last. */
  #askedSince: number | undefined;
  #askedLast = 0;
  #suspected = false;
  #silentSince: number | undefined;
  #triedAt = -Infinity;
  #onIdle: (() => void) | undefined;

  /** @param retryMs after how long without an answer a node is silent, and how often a silent one is tried */
  constructor(node: string, clock: Clock, retryMs: number) {
    this.#node = node;
    this.#clock = clock;
    this.#retryMs = retryMs;
  }

  /** Since when it is silent. */
  get since(): number | undefined {
    return this.#silentSince;
  }

  /** Whether it has been silent for as long as some tries take. */
  isLong(now: number): boolean {
    return now - (this.#silentSince ?? now) >= TRIES_BEFORE_RECONNECTION * this.#retryMs;
  }

  /** In words for an operator; `undefined` if it is not silent. */
  reason(now: number): string | undefined {
    if (this.#silentSince === undefined) return undefined;
    return `silent for ${Math.round(now - this.#silentSince)} ms`;
  }

  /** A request leaves. */
  asked(now: number): void {
    this.#unanswered++;
    this.#askedSince ??= now;
    this.#askedLast = now;
  }

  /** A request has ended, with a reply or with an error. */
  answered(replied: boolean): void {
    this.#unanswered = Math.max(0, this.#unanswered - 1);
    if (this.#unanswered === 0) this.#onIdle?.();
    // An error can come from the server or from a connection that is being given up, so it ends no silence.
    if (replied || this.#silentSince === undefined) this.broken();
  }

  /** It has given a sign of life. */
  broken(): void {
    this.#askedSince = undefined;
    if (this.#silentSince === undefined) return;
    this.#silentSince = undefined;
    publish.node({ node: this.#node, change: "answering", reason: undefined });
  }

  /** It missed a deadline. `triedAt`: from when on it is left alone for a while. */
  missed(triedAt: number): void {
    if (this.#silentSince !== undefined) return;
    this.#silentSince = this.#askedSince ?? triedAt;
    this.#triedAt = triedAt;
    publish.node({ node: this.#node, change: "silent", reason: "no answer within its deadline" });
  }

  /** Whether it must be left alone now. If not, it counts as tried. */
  mustRest(now: number): boolean {
    // A vote that others have decided does not wait for this node, and so does not notice that it is silent.
    if (this.#askedSince !== undefined && now - this.#askedSince >= this.#retryMs)
      this.#suspect(this.#askedSince);
    if (this.#silentSince === undefined) return false;
    if (now - this.#triedAt < this.#retryMs) return true;
    this.#triedAt = now;
    return false;
  }

  /** It is silent unless it answers at once: this process may not have run, and its answers may lie in the socket. */
  #suspect(since: number): void {
    if (this.#suspected) return;
    this.#suspected = true;
    // Between one timer and the next, sockets are read.
    this.#clock.setTimer(() => {
      this.#clock.setTimer(() => {
        this.#suspected = false;
        if (this.#askedSince === since) this.missed(this.#askedLast);
      }, 1);
    }, 1);
  }

  /**
   * Its connection was lost, so what is unanswered may stay so. A node that was silent counts as such until it has
   * answered on its new connection, or every lock would be asked of it meanwhile.
   */
  disconnected(): void {
    this.#askedSince = undefined;
    this.#unanswered = 0;
    this.#onIdle?.();
  }

  /** Whether answers are outstanding. */
  get isWaitedFor(): boolean {
    return this.#unanswered > 0;
  }

  /** Settles when no answer is outstanding. */
  async idle(): Promise<void> {
    if (this.#unanswered > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
  }
}
