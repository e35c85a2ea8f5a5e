import { isLockError, type LockError } from "../errors.js";
import { isUnusableValue } from "../keys/unusable-value.js";
import type { Lease } from "../lease.js";
import type { LockKeys, LockManager } from "../lock-manager.js";
import { checkOptions, requireLockManager } from "./adapter-options.js";
import type { Exchange } from "./exchange.js";
import { type HttpAnswer, httpAnswer } from "./http-answer.js";
import { HTTP_LOCK_RULES, type HttpLockOptions } from "./http-lock-options.js";
import {
  type CompiledKeySource,
  compileKeySource,
  HTTP_ROOTS,
  type HttpRoots,
  type KeySource,
  whenThere,
} from "./key-source.js";
import { runLocked, type RunLockedOptions } from "./run-locked.js";

/** The options of a `locked()`, whose functions get the framework's own request. */
export interface LockedRouteOptions<Request> extends HttpLockOptions {
  /** Picks the requests whose handler runs without a lock. */
  readonly skip?: ((request: Request) => boolean | Promise<boolean>) | undefined;
  /** Answers in place of the 423 when somebody else holds the lock. */
  readonly whenHeld?: ((...args: never[]) => unknown) | undefined;
}

/** One request to a {@link LockedRoute}, and what its framework does about it. */
export interface LockedRequest<Request> {
  readonly exchange: Exchange;
  /** What `skip` and key functions get. */
  readonly request: Request;
  /** The target as it was received. */
  readonly url: string;
  /** What templates read. Asked for once, with the roots that they name. */
  rootsOf(names: readonly string[]): Partial<HttpRoots> | Promise<Partial<HttpRoots>>;
  /** Runs the handler, which goes on when this has returned. Without a lease: it runs without a lock. */
  proceed(lease: Lease | undefined): void;
  /** Sends an answer; the handler never runs. */
  answer(answer: HttpAnswer): void;
  /** Sends an answer while the handler is at work, whose own comes too late. */
  answerForHandler(answer: HttpAnswer): void;
  /** Asks the program what to answer. Only if it wants to be asked. */
  whenHeld(error: LockError): unknown;
  /** The handler never runs, and nobody is there to be told. */
  abandon?(): void;
  /** Hands an error to the program's error handlers. */
  fail(error: unknown): void;
}

/** Checks the manager and the defaults of an application; gives what makes its routes. */
export function lockedRoutes<Request, Options extends LockedRouteOptions<Request>>(
  locks: LockManager,
  defaults: Options,
): (key: KeySource<[request: Request]>, options: Options) => LockedRoute<Request, Options> {
  requireLockManager(locks);
  const checkedDefaults = checkOptions(defaults, HTTP_LOCK_RULES);
  return (key, options) =>
    new LockedRoute(locks, key, { ...checkedDefaults, ...checkOptions(options, HTTP_LOCK_RULES) });
}

/** One `locked()`: what is the same for all of its requests, and how they are served. */
export class LockedRoute<Request, Options extends LockedRouteOptions<Request>> {
  readonly whenHeld: Options["whenHeld"];
  readonly #locks: LockManager;
  readonly #keys: CompiledKeySource<[Request]>;
  readonly #lock: RunLockedOptions["lock"];
  readonly #own: Pick<LockedRouteOptions<Request>, "graceMs" | "statusCode" | "onUnavailable" | "skip">;

  constructor(locks: LockManager, key: KeySource<[Request]>, settings: Options) {
    const { graceMs, statusCode, onUnavailable, whenHeld, skip, ...lock } = settings;
    this.whenHeld = whenHeld;
    this.#locks = locks;
    this.#keys = compileKeySource(key, { roots: HTTP_ROOTS });
    this.#lock = { ...lock, onLost: "ignore" };
    this.#own = { graceMs, statusCode, onUnavailable, skip };
  }

  /**
   * Takes the lock, runs the handler, and gives the lock back when the exchange has ended. Answers refusals; what
   * functions of the program throw is handed to its error handlers.
   *
   * @returns after the release
   */
  async serve(call: LockedRequest<Request>): Promise<void> {
    try {
      await this.#serve(call);
    } catch (error) {
      // To a framework, an error that is nothing is none, and would let the request pass without a lock.
      call.fail(error || new Error("a function that locked() was given failed without an error"));
    }
  }

  async #serve(call: LockedRequest<Request>): Promise<void> {
    const { skip, graceMs } = this.#own;
    if (skip !== undefined && (await skip(call.request))) return call.proceed(undefined);
    let keys: LockKeys | undefined;
    try {
      const found = this.#keysOf(call);
      keys = found instanceof Promise ? await found : found;
      const answerLost = (error: LockError): void =>
        call.answerForHandler(httpAnswer(error, { url: call.url }));
      const options = { lock: this.#lock, graceMs, answerLost };
      await runLocked(this.#locks, keys, call.exchange, options, (lease) => call.proceed(lease));
    } catch (error) {
      // Before there are keys, also a lock error is one of the program's own, unless the request has no usable value.
      const isRefusal = keys === undefined ? isUnusableValue(error) : isLockError(error);
      if (!isRefusal) throw error;
      await this.#refuse(call, error as LockError);
    }
  }

  #keysOf(call: LockedRequest<Request>): LockKeys | Promise<LockKeys> {
    return whenThere(call.rootsOf(this.#keys.roots), (roots) => this.#keys.keysOf([call.request], roots));
  }

  /** The lock was refused, and the handler never runs, unless the options say so. */
  async #refuse(call: LockedRequest<Request>, refusal: LockError): Promise<void> {
    const { exchange, url } = call;
    const { statusCode, onUnavailable } = this.#own;
    if (exchange.isOver) {
      exchange.abandon();
      call.abandon?.();
    } else if (refusal.code === "ERR_LOCK_HELD" && this.whenHeld !== undefined) await call.whenHeld(refusal);
    else if (refusal.code === "ERR_LOCK_UNAVAILABLE" && onUnavailable === "pass") call.proceed(undefined);
    else if (!exchange.canAnswer) call.fail(refusal);
    else call.answer(httpAnswer(refusal, { url, heldStatus: statusCode }));
  }
}
