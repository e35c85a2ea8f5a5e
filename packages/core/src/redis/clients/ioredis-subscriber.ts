import type { NoticeSubscription } from "../../node/lock-node.js";
import { type Listener, listenerOf, type Origin } from "./ioredis-listener.js";

interface Channel {
  readonly name: string;
  readonly listeners: Set<{ readonly hear: (message: string) => void }>;
  /** What the server of the present connection has said to it. */
  state: "unasked" | "asked" | "confirmed" | "refused";
}

/** How long a connection may take to come about, and a server to answer on it. */
const PATIENCE_MS = 5_000;

/** Refusals that the same question would only get again, and that servers keep a record of. */
const LASTING = /\bNOPERM\b|unknown command/i;

const ignore = (): void => {};

/**
 * The one further connection over which a client's server is heard, since the client's own could send no commands any
 * more. It lasts from the first subscription to the last, and is not tried while the client itself is disconnected:
 * there is nothing to be told that could be acted on. It never keeps the process alive.
 */
export class IoredisSubscriber {
  readonly #client: Origin;
  readonly #watch: (listener: () => void) => () => void;
  readonly #channels = new Map<string, Channel>();
  #unwatch: (() => void) | undefined;
  #connection: Listener | undefined;
  #failures = 0;
  /** Without a connection it is the next attempt; with one, the end of our patience. */
  #timer: NodeJS.Timeout | undefined;

  /** @param watch calls back on every change of the client's status; returns how to stop it */
  constructor(client: Origin, watch: (listener: () => void) => () => void) {
    this.#client = client;
    this.#watch = watch;
  }

  subscribe(name: string, hear: (message: string) => void): NoticeSubscription {
    const channel: Channel = this.#channels.get(name) ?? { name, listeners: new Set(), state: "unasked" };
    const listener = { hear };
    channel.listeners.add(listener);
    this.#channels.set(name, channel);
    this.#unwatch ??= this.#watch(() => this.#advance());
    this.#advance();
    return {
      get active() {
        return channel.state === "confirmed" && channel.listeners.has(listener);
      },
      stop: () => {
        if (channel.listeners.delete(listener) && channel.listeners.size === 0) this.#leave(channel);
      },
    };
  }

  /** Makes a new connection in place of one that seems to work, but whose server gives no answers. */
  renew(): void {
    if (!this.#isAny("confirmed")) return;
    this.#disconnect();
    this.#advance();
  }

  #isAny(...states: readonly Channel["state"][]): boolean {
    return [...this.#channels.values()].some(({ state }) => states.includes(state));
  }

  #leave(channel: Channel): void {
    this.#channels.delete(channel.name);
    if (channel.state === "asked" || channel.state === "confirmed") {
      this.#connection?.unsubscribe(channel.name).catch(ignore);
    }
    this.#disconnectIfIdle();
    if (this.#channels.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  /** Does what is next towards hearing every channel. */
  #advance(): void {
    const { status } = this.#client;
    if (status !== "ready") {
      // Whoever refused may think better of it when the client comes back.
      for (const channel of this.#channels.values())
        if (channel.state === "refused") channel.state = "unasked";
      if (status === "end") this.#disconnect();
      return;
    }
    const unasked = [...this.#channels.values()].filter(({ state }) => state === "unasked");
    if (unasked.length === 0) return;
    if (this.#connection?.status === "ready") this.#ask(this.#connection, unasked);
    else if (this.#connection === undefined && this.#timer === undefined) this.#connect();
  }

  #connect(): void {
    let listener: Listener | undefined;
    try {
      listener = listenerOf(this.#client);
    } catch {
      return this.#retry();
    }
    if (listener === undefined) return;
    this.#open(listener);
  }

  #open(listener: Listener): void {
    this.#connection = listener;
    // Without a listener ioredis prints every error.
    listener.on("error", ignore);
    listener.on("connect", () => listener.stream?.unref?.());
    listener.on("ready", () => {
      if (this.#connection === listener) this.#advance();
    });
    listener.on("end", () => {
      if (this.#connection === listener) this.#retry();
    });
    listener.on("message", (name, message) => this.#tell(name, message));
    this.#expect(PATIENCE_MS);
    listener.connect().catch(ignore);
  }

  #ask(connection: Listener, channels: readonly Channel[]): void {
    this.#expect(PATIENCE_MS);
    for (const channel of channels) {
      channel.state = "asked";
      connection.subscribe(channel.name).then(
        () => {
          if (this.#connection !== connection) return;
          channel.state = "confirmed";
          this.#failures = 0;
        },
        (error: unknown) => {
          // Of a connection that has broken its end tells more.
          if (this.#connection !== connection || connection.status !== "ready") return;
          if (!LASTING.test(String(error))) return this.#retry();
          channel.state = "refused";
          this.#disconnectIfIdle();
        },
      );
    }
  }

  #tell(name: string, message: string): void {
    // A script publishes a lock's name with the prefix that ioredis has put in front of it.
    const { keyPrefix } = this.#client.options as { keyPrefix?: string | Buffer };
    const prefix = keyPrefix?.toString() ?? "";
    if (!message.startsWith(prefix)) return;
    for (const { hear } of this.#channels.get(name)?.listeners ?? []) hear(message.slice(prefix.length));
  }

  /** Later, and later still after every further failure. */
  #retry(): void {
    const failures = this.#failures;
    this.#disconnect();
    this.#failures = failures + 1;
    this.#expect(Math.min(25 * 2 ** Math.min(failures, 10), 1_000));
  }

  #expect(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#connection !== undefined && this.#isAny("unasked", "asked")) this.#retry();
      else this.#advance();
    }, ms);
    this.#timer.unref();
  }

  #disconnectIfIdle(): void {
    if (!this.#isAny("unasked", "asked", "confirmed")) this.#disconnect();
  }

  #disconnect(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#failures = 0;
    const connection = this.#connection;
    this.#connection = undefined;
    for (const channel of this.#channels.values()) if (channel.state !== "refused") channel.state = "unasked";
    if (connection !== undefined && connection.status !== "end") connection.disconnect();
  }
}
