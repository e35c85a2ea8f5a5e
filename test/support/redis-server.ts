import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "./free-port.js";
import { type Reaper, startReaper } from "./reaper.js";

const BINARY = process.env.REDIS_SERVER || "redis-server";
const PORT_ATTEMPTS = 5;

export interface RedisOptions {
  /** More arguments of redis-server: they win over the harness's own, such as `--appendonly yes`. */
  readonly args?: readonly string[];
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A real redis-server of this test on 127.0.0.1. It ends, and its folder goes, with `stop` or with this process. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Of the process that runs now; undefined while none does. */
  readonly pid: number | undefined;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  /** SIGCONT: it goes on, with all that has arrived meanwhile. */
  resume(): void;
  /** SIGKILL: a crash. The folder stays for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder, after an orderly end where it still runs. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), "redlock-kit-redis-"));
  const reaper = startReaper(folder);
  try {
    for (let attempt = 1; ; attempt += 1) {
      const port = await freePort();
      const server = new Server(port, folder, options, reaper);
      try {
        await server.restart();
        return server;
      } catch (error) {
        const collision = error instanceof Error && error.message.includes("Address already in use");
        if (!collision || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  } catch (error) {
    await reaper.close();
    throw error;
  }
}

/** One node that is a whole Redis Cluster: it holds all slots. */
export async function startRedisCluster(options: RedisOptions = {}): Promise<RedisServer> {
  const server = await startRedis({
    ...options,
    args: [
      "--cluster-enabled",
      "yes",
      "--cluster-port",
      String(await freePort()),
      // Without an address of its own to name, the node sends its clients nowhere and they wait for ever.
      "--cluster-announce-ip",
      "127.0.0.1",
      ...(options.args ?? []),
    ],
  });
  const client = new Redis(server.port);
  try {
    await client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    while (!String(await client.call("CLUSTER", "INFO")).includes("cluster_state:ok")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  } finally {
    client.disconnect();
  }
  return server;
}

class Server implements RedisServer {
  readonly url: string;
  #process: ChildProcess | undefined;

  constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly options: RedisOptions,
    private readonly reaper: Reaper,
  ) {
    this.url = `redis://127.0.0.1:${port}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  pause(): void {
    this.#signal("SIGSTOP");
  }

  resume(): void {
    this.#signal("SIGCONT");
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async restart(): Promise<void> {
    if (this.#process) {
      this.resume();
      await this.#end("SIGTERM");
    }
    const place = ["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.folder];
    const { args = [], env } = this.options;
    const redis = spawn(BINARY, [...place, "--save", "", "--appendonly", "no", ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process = redis;
    this.reaper.watch(redis.pid);
    redis.once("exit", () => {
      this.#process = undefined;
      this.reaper.watch(undefined);
    });
    await ready(redis);
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.reaper.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #signal(signal: NodeJS.Signals): void {
    if (!this.#process?.kill(signal)) throw new Error(`The redis-server of port ${this.port} does not run`);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.#process) return;
    const exited = once(this.#process, "exit");
    this.#process.kill(signal);
    await exited;
  }
}

/** Resolves when the server takes connections; rejects with its output when it ends instead. */
async function ready(redis: ChildProcess): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let output = "";
    for (const stream of [redis.stdout, redis.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes("Ready to accept connections")) resolve();
      });
    }
    redis.once("error", reject);
    redis.once("close", (code) => reject(new Error(`${BINARY} ended with ${code}:\n${output}`)));
  });
}
