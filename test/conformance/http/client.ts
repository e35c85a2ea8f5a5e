import { once } from "node:events";
import { type IncomingHttpHeaders, request, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished, vi } from "vitest";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** What a request has beside its method and path. */
export interface Sent {
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** The clients of a server: real ones, and as rude as clients can be. */
export class Client {
  readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Settles when the next connection to the server is closed. */
  connectionClosed(): Promise<void> {
    return new Promise((resolve) => {
      this.server.once("connection", (socket) => socket.once("close", () => resolve()));
    });
  }

  post(path: string, headers: Record<string, string> = {}, body = ""): Promise<Answer> {
    return this.leavingPost(path, headers, body).answer;
  }

  /** A request with a body that is JSON. */
  postJson(path: string, body: unknown): Promise<Answer> {
    return this.post(path, { "content-type": "application/json" }, JSON.stringify(body));
  }

  send(method: string, path: string): Promise<Answer> {
    return this.#request(method, path, {}).answer;
  }

  /** A request whose client can leave. */
  leavingPost(path: string, headers: Record<string, string> = {}, body = "") {
    return this.#request("POST", path, { headers, body });
  }

  #request(method: string, path: string, { headers = {}, body = "" }: Sent) {
    const { port } = this;
    const outgoing = request({ host: "127.0.0.1", port, method, path, agent: false, headers });
    const answer = new Promise<Answer>((resolve, reject) => {
      outgoing.on("error", reject);
      outgoing.on("response", (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (chunk: string) => (text += chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const isJson = text !== "" && incoming.headers["content-type"]?.includes("json") === true;
          const json = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json });
        });
      });
    });
    // A client that leaves gets no answer.
    answer.catch(() => {});
    outgoing.end(body);
    return { answer, leave: () => outgoing.destroy() };
  }

  /**
   * As many clients as there are paths, on connections of their own, all of which are there before the first one
   * sends its request. Resolve with the whole texts of the answers.
   */
  async flood(paths: readonly string[]): Promise<Promise<string>[]> {
    const sockets: Socket[] = [];
    while (sockets.length < paths.length) {
      // Fewer than a server lets wait for being accepted: beyond it, clients try again after a second.
      const wave = Math.min(200, paths.length - sockets.length);
      const connected = Array.from({ length: wave }, async () => {
        const socket = connect(this.port, "127.0.0.1").setEncoding("utf8");
        await once(socket, "connect");
        return socket;
      });
      sockets.push(...(await Promise.all(connected)));
    }
    return sockets.map(async (socket, i) => {
      const head = "HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      socket.write(`POST ${paths[i]} ${head}`);
      let text = "";
      socket.on("data", (chunk) => (text += String(chunk)));
      await once(socket, "end");
      return text;
    });
  }

  /** A bare connection, for what node:http does not do: pipelining, stalling and half-closing. */
  connect(options: { allowHalfOpen?: boolean } = {}): Connection {
    const socket = connect({ host: "127.0.0.1", port: this.port, ...options });
    onTestFinished(() => void socket.destroy());
    return new Connection(socket);
  }
}

class Connection {
  readonly socket: Socket;
  received = "";

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => (this.received += chunk));
    socket.on("error", () => {});
  }

  /** Sends requests one after the other, without waiting for answers. */
  post(...paths: string[]): void {
    this.socket.write(
      paths.map((path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`).join(""),
    );
  }

  /** Waits until the answers so far match. */
  async receives(pattern: RegExp): Promise<void> {
    await until(() => pattern.test(this.received));
  }
}

/** Waits for something that has no event. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await isTrue())) throw new Error("has not become true");
    },
    { timeout: 5_000, interval: 2 },
  );
}
