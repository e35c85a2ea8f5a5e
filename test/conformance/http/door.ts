import type { Server } from "node:http";
import type { Lease, LockError, LockKeys, LockManager } from "@redlock-kit/core";
import type { HttpLockOptions } from "@redlock-kit/core/adapter";

/** What a door may be without. */
export type Feature =
  /** `graceMs` */
  | "graceMs"
  | "statusCode"
  | "onUnavailable"
  | "skip"
  /** `whenHeld` can let the request pass without a lock. */
  | "passing whenHeld"
  /** The lease's signal aborts when the client leaves. */
  | "signal of leaving"
  /** A lost lease is answered at once, not when the handler has ended. */
  | "answer at the loss";

/** A way of putting locks in front of HTTP handlers: an adapter in a version of its framework. */
export interface Door {
  readonly name: string;
  /** What it is without, and why. */
  readonly lacks: Readonly<Partial<Record<Feature, string>>>;
  /** Serves the routes, with JSON bodies of up to two megabytes. */
  open(locks: LockManager, routes: readonly Route[]): Promise<OpenDoor>;
}

export interface OpenDoor {
  readonly server: Server;
  /** Takes no more requests; resolves when those that are running have ended. */
  close(): Promise<void>;
}

/** A route in the words of no framework; each door says it in its own. */
export interface Route {
  /** Default: `post`. */
  readonly method?: "get" | "post";
  /** With parameters: "/seats/:id". */
  readonly path: string;
  readonly key: string | readonly string[] | ((params: Params) => LockKeys | Promise<LockKeys>);
  readonly options?: RouteOptions;
  /** An async one where it returns a promise. Whatever it comes to is answered by 200, and errors by 500. */
  readonly handler: Handler;
}

export type Params = Readonly<Record<string, string>>;
export type Handler = (call: HandlerCall) => Reply | Promise<Reply>;

export interface RouteOptions extends HttpLockOptions {
  readonly skip?: (params: Params) => boolean | Promise<boolean>;
  /** What is answered; `undefined` lets the request pass without a lock. */
  readonly whenHeld?: (error: LockError) => string | undefined;
}

export interface HandlerCall {
  readonly params: Params;
  /** `undefined` without a lock. */
  readonly lease: Lease | undefined;
}

/** A text, or a stream of text. */
export type Reply = string | AsyncIterable<string>;

/** Of the handlers that have a lock. */
export function leaseIn({ lease }: HandlerCall): Lease {
  if (lease === undefined) throw new Error("The handler has no lease");
  return lease;
}
