import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** Real servers for one benchmark, on free ports, which end with it. */
export class RedisServers implements AsyncDisposable {
  readonly clients: Redis[] = [];
  readonly #processes: ChildProcess[] = [];
  #folder = "";

  static async start(count: number): Promise<RedisServers> {
    const servers = new RedisServers();
    servers.#folder = await mkdtemp(join(tmpdir(), "redlock-kit-bench-"));
    process.once("exit", () => servers.#kill());
    for (let i = 0; i < count; i++) servers.clients.push(await servers.#startOne());
    await Promise.all(servers.clients.map((client) => client.ping()));
    return servers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.disconnect();
    this.#kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #startOne(): Promise<Redis> {
    const port = await freePort();
    const args = [
      "--bind",
      "127.0.0.1",
      "--port",
      String(port),
      "--save",
      "",
      "--appendonly",
      "no",
      "--dir",
      this.#folder,
    ];
    const server = spawn(process.env.REDIS_SERVER || "redis-server", args, { stdio: "ignore" });
    await once(server, "spawn");
    this.#processes.push(server);
    // ioredis tries again until the server listens; until then its errors are no news.
    return new Redis(port).on("error", () => {});
  }

  #kill(): void {
    for (const server of this.#processes) server.kill("SIGKILL");
  }
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
