/** What is used of a client whose server is to be heard, `Redis` or `Cluster`. */
export interface Origin {
  readonly status: string;
  readonly isCluster?: boolean;
  readonly options: object;
  duplicate?(settings: object): Listener;
  nodes?(role: "master"): Origin[];
}

/** What is used of the connection that hears it, which is always a `Redis`. */
export interface Listener {
  readonly status: string;
  readonly stream?: { unref?(): void };
  connect(): Promise<unknown>;
  disconnect(): void;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: string, listener: (channel: string, message: string) => void): unknown;
}

/** Over what a user has set for commands. How the server is reached and who asks stays as it is. */
const SETTINGS = {
  lazyConnect: true,
  // A new connection is made here, when it is of use; ioredis would hold the process with its timers meanwhile.
  retryStrategy: null,
  sentinelRetryStrategy: null,
  // A sentinel that hangs would hold its connection, and that the process, for ever.
  sentinelCommandTimeout: 5_000,
  failoverDetector: false,
  reconnectOnError: null,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  commandTimeout: undefined,
  socketTimeout: undefined,
  connectTimeout: 5_000,
  disconnectTimeout: 100,
  // What nothing is sent on must notice by itself that the other side has gone, and stay known to what is in between.
  keepAlive: 10_000,
  // It prints a warning where INFO is not allowed, and a server that is loading can be listened to.
  enableReadyCheck: false,
  enableAutoPipelining: false,
  readOnly: false,
  keyPrefix: "",
  scripts: undefined,
  himportFieldsets: undefined,
  protocol: 2,
  replyMapping: "legacy",
};

/**
 * A connection to the client's server that is fit for listening, not opened yet. `undefined` where the client can't be
 * duplicated; throws where it can't be at present.
 */
export function listenerOf(client: Origin): Listener | undefined {
  if (!client.isCluster) return client.duplicate?.(SETTINGS);
  // Every server of a Cluster hears what is published on any.
  const masters = client.nodes?.("master") ?? [];
  const master = masters[Math.floor(Math.random() * masters.length)];
  if (master === undefined) throw new Error("no master is known");
  return master.duplicate?.(SETTINGS);
}
