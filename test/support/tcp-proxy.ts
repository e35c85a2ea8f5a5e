import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Gate } from "./gate.js";

/** What happens to the bytes of a connection. */
export interface Faults {
  readonly requestDelayMs: number;
  readonly replyDelayMs: number;
  /** Requests never arrive. */
  readonly dropRequests: boolean;
  /** Requests arrive and are carried out; their replies never come. */
  readonly dropReplies: boolean;
  /** Nothing passes for now; it arrives when this is over, as with a network that heals in time. */
  readonly stallRequests: boolean;
  readonly stallReplies: boolean;
}

export const forward: Faults = {
  requestDelayMs: 0,
  replyDelayMs: 0,
  dropRequests: false,
  dropReplies: false,
  stallRequests: false,
  stallReplies: false,
};

/** The connection stays open and nothing passes any more, its end included. */
export const blackhole: Faults = { ...forward, dropRequests: true, dropReplies: true };

/** Nothing passes, and all of it arrives later. */
export const stall: Faults = { ...forward, stallRequests: true, stallReplies: true };

interface ProxiedConnection {
  /** From now on, for this connection; what is not named is as in `forward`. */
  apply(faults: Partial<Faults>): void;
  /** Breaks the connection on both sides. */
  cut(): void;
  /** The server's side ends, and the client is not told: it goes on talking to nobody. */
  abandon(): void;
}

/** A TCP proxy in front of one port of 127.0.0.1 that makes faults on demand. */
export interface TcpProxy extends Disposable {
  readonly port: number;
  readonly url: string;
  /** The open ones, oldest first. */
  readonly connections: readonly ProxiedConnection[];
  /** For every connection, open or to come. */
  apply(faults: Partial<Faults>): void;
  /** Breaks every open connection. */
  cut(): void;
  /** Ends the server's side of every open connection behind its client's back. */
  abandon(): void;
  /** New connections are refused, as if nothing listened; open ones stay. */
  refuse(): void;
  /** The end of `refuse`. */
  accept(): Promise<void>;
  stop(): void;
}

export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const proxy = new Proxy(targetPort);
  await proxy.accept();
  return proxy;
}

class Proxy implements TcpProxy {
  /** Chosen by the system at the first `accept`, kept from then on. */
  port = 0;
  /** Those that are open on one side at least. */
  readonly #open = new Set<Connection>();
  #faults = forward;
  #server: Server | undefined;

  constructor(private readonly targetPort: number) {}

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get connections(): readonly ProxiedConnection[] {
    return [...this.#open].filter(({ isOpen }) => isOpen);
  }

  apply(faults: Partial<Faults>): void {
    this.#faults = { ...forward, ...faults };
    for (const connection of this.#open) connection.apply(faults);
  }

  cut(): void {
    for (const connection of this.#open) connection.cut();
  }

  abandon(): void {
    for (const connection of this.#open) connection.abandon();
  }

  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  async accept(): Promise<void> {
    if (this.#server) return;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const connection = new Connection(client, this.targetPort, this.#faults, () =>
        this.#open.delete(connection),
      );
      this.#open.add(connection);
    });
    this.#server.listen(this.port, "127.0.0.1");
    await once(this.#server, "listening");
    this.port = (this.#server.address() as AddressInfo).port;
  }

  stop(): void {
    this.refuse();
    this.cut();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** What a direction does with its bytes at present. */
interface Rule {
  readonly delayMs: number;
  readonly drop: boolean;
  readonly stall: boolean;
}

class Connection implements ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  #faults: Faults;
  #abandoned = false;
  #changed = new Gate();

  /** @param onEnd called when both sides are closed: in a black hole the server does not learn that its client has gone */
  constructor(client: Socket, targetPort: number, faults: Faults, onEnd: () => void) {
    this.#client = client;
    this.#server = connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    this.#faults = faults;
    this.#pump(this.#client, this.#server, () => {
      const { requestDelayMs, dropRequests, stallRequests } = this.#faults;
      return { delayMs: requestDelayMs, drop: dropRequests || this.#abandoned, stall: stallRequests };
    });
    this.#pump(this.#server, this.#client, () => {
      const { replyDelayMs, dropReplies, stallReplies } = this.#faults;
      return { delayMs: replyDelayMs, drop: dropReplies || this.#abandoned, stall: stallReplies };
    });
    const sides = [this.#client, this.#server];
    for (const side of sides) side.once("close", () => sides.every(({ closed }) => closed) && onEnd());
  }

  /** Whether its client thinks so. */
  get isOpen(): boolean {
    return !this.#client.closed;
  }

  apply(faults: Partial<Faults>): void {
    this.#faults = { ...forward, ...faults };
    this.#changed.open();
    this.#changed = new Gate();
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }

  abandon(): void {
    this.#abandoned = true;
    this.#server.destroy();
  }

  /** Each chunk leaves its delay after it came, never before the one ahead of it. */
  #pump(from: Socket, to: Socket, rule: () => Rule): void {
    let last = Promise.resolve();
    const pass = (deliver: () => void) => {
      const { delayMs } = rule();
      const due = delayMs > 0 ? sleep(delayMs) : undefined;
      last = last.then(async () => {
        await due;
        while (rule().stall) await this.#changed.opened;
        if (!rule().drop && !to.destroyed) deliver();
      });
    };
    from.on("data", (chunk) => pass(() => to.write(chunk)));
    from.on("end", () => pass(() => to.end()));
    from.on("error", () => pass(() => to.destroy()));
  }
}
