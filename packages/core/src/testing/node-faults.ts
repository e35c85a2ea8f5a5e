/** A request to a node, by the name of the method. */
export type NodeRequest =
  | "identify"
  | "grant"
  | "confirm"
  | "extend"
  | "release"
  | "inspect"
  | "list"
  | "exchange"
  | "announce"
  | "withdraw"
  /** What the node says by itself when a lock was released; it travels as a reply does. */
  | "notice";

/** Which half of the way to a node and back. */
export type Way = "requests" | "replies";

/**
 * What shall go wrong between a client and its node. Each control replaces what was said before about the
 * same requests, holds for the requests named (default: all), and ends with {@link resume}.
 */
export interface NodeFaults {
  /** Lost requests reach nobody; with lost replies the node does what it is asked and nobody hears of it. */
  lose(way: Way, ...only: NodeRequest[]): void;
  /** Kept back until {@link resume}, as by a node (or a client) that is frozen. */
  hold(way: Way, ...only: NodeRequest[]): void;
  /** Each takes `delayMs` of the clock; a function can give each another delay, and so another order. */
  delay(way: Way, delayMs: number | (() => number), ...only: NodeRequest[]): void;
  /** Requests are refused with `error` and not carried out. */
  fail(error: Error, ...only: NodeRequest[]): void;
  /** Requests are carried out twice, and the second reply is the one that arrives: a client that sent again. */
  duplicate(...only: NodeRequest[]): void;
  /** Ends everything but a disconnection. What was held goes on, in its order or with the last first. */
  resume(order?: "in order" | "last first"): void;
  /** The connection breaks, as it does when the node restarts: everything under way is rejected, whether or not the node has done it. */
  disconnect(): void;
  /** There is a connection again. */
  reconnect(): void;
  /** How many requests have got no answer yet. */
  readonly underWay: number;
  /** What the node was given to carry out, in its order. */
  readonly carriedOut: readonly NodeRequest[];
}
