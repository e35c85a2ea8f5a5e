import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { Redis } from "ioredis";
import { own } from "./owned-processes.js";

const ATTEMPTS = 5;

/** The binary that all servers run. */
export const redisServerBinary = process.env.REDIS_SERVER || "redis-server";

/** A real redis-server of this benchmark on 127.0.0.1, without persistence. */
export class Server implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;
  /** For questions about the server; what is measured goes over the clients of the child processes. */
  readonly #control: Redis;

  private constructor(port: number, running: ChildProcess) {
    this.port = port;
    this.#process = running;
    this.#control = new Redis(port, { lazyConnect: true }).on("error", () => {});
  }

  static async start(): Promise<Server> {
    for (let attempt = 1; ; attempt++) {
      const port = await freePort();
      // The name is of a file that there isn't: nothing is loaded, and nothing is ever written.
      const nothing = ["--save", "", "--appendonly", "no", "--dbfilename", `redlock-kit-bench-${port}.rdb`];
      const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", tmpdir()];
      const running = spawn(redisServerBinary, [...place, ...nothing], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      own(running);
      try {
        await ready(running);
        return new Server(port, running);
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** SIGSTOP: connections stay open and nothing answers. */
  hang(): void {
    this.#process.kill("SIGSTOP");
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }

  /** Calls of scripts so far, which can only come from a client. */
  async scriptCalls(): Promise<number> {
    const stats = await this.#control.info("commandstats");
    const calls = stats.matchAll(/^cmdstat_(?:eval|evalsha|fcall)(?:_ro)?:calls=(\d+)/gm);
    return [...calls].reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#control.disconnect();
    await this.kill();
  }
}

/** Several servers, which end together. */
export async function startServers(count: number): Promise<{ list: readonly Server[] } & AsyncDisposable> {
  const list = await Promise.all(Array.from({ length: count }, () => Server.start()));
  return {
    list,
    async [Symbol.asyncDispose]() {
      await Promise.all(list.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

async function ready(running: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let output = "";
    running.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes("Ready to accept connections")) resolve();
    });
    running.once("error", reject);
    running.once("close", (code) => reject(new Error(`${redisServerBinary} ended with ${code}:\n${output}`)));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}
