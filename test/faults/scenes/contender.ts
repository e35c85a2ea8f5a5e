/** What a contender works with in one scene. */
export interface Engagement {
  /** Its name in the history. */
  readonly name: string;
  readonly nodes: readonly string[];
  /** The store that checks fencing tokens. */
  readonly store: string;
  readonly keys: readonly string[];
  /** How many ask for locks side by side. */
  readonly contenders: number;
  readonly ttlMs: number;
  /** The file that its history goes to. */
  readonly journal: string;
}

/** The orders that a contender's process obeys. */
export interface ContenderOrders {
  /** Makes a manager and begins to contend; settles when every node votes. */
  begin(engagement: Engagement): Promise<void>;
  /** Settles in the moment in which a contender has got a lock that it keeps for longer than the ttl. */
  holdOne(): Promise<void>;
  /** Everybody holds briefly from now on. Settles with the time at which a lock was granted next. */
  calm(): Promise<number>;
  /** Its wall clock is ahead of the machine's by so much, or behind if negative. */
  setWallClock(aheadMs: number): void;
  /** Contends no more and closes the manager. Settles with the nodes that did not vote in the end, and why. */
  end(): Promise<string[]>;
  /** The process may end by itself. */
  leave(): void;
}
