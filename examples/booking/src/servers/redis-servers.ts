import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { StartUpError } from "../start-up-error.js";
import { freePort } from "./free-port.js";

const START_MS = 10_000;

/**
 * Starts the server and tells its pid; ends it when this process ends, however it does, since then the pipe closes.
 */
const GUARD = `
"$@" >/dev/null & server=$!
echo $server
(read -r _; kill -9 $server) 2>/dev/null <&3 & watch=$!
wait $server
kill $watch`;

export interface RedisProcess {
  readonly url: string;
  readonly port: number;
  /** For those who want to see what happens without it. */
  readonly pid: number;
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts independent redis-servers on free ports of the loopback interface, which keep everything in memory.
 *
 * @throws StartUpError if that fails
 */
export async function startRedisServers(count: number): Promise<RedisProcess[]> {
  const starts = await Promise.allSettled(Array.from({ length: count }, startRedisServer));
  const servers = starts.flatMap((start) => (start.status === "fulfilled" ? start.value : []));
  const failure = starts.find((start) => start.status === "rejected");
  if (failure === undefined) return servers;
  await Promise.all(servers.map((server) => server.stop()));
  throw failure.reason;
}

async function startRedisServer(): Promise<RedisProcess> {
  const port = await freePort();
  const binary = process.env.REDIS_SERVER || "redis-server";
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  // In a process group of its own: a Ctrl-C in the terminal is for the application, which needs its locks to the end.
  const guard = spawn("sh", ["-c", `exec 3<&0; ${GUARD}`, "sh", binary, ...options], { detached: true });
  const ended = once(guard, "exit").then(
    () => {},
    () => {},
  );
  const pid = await pidFrom(guard);
  if (pid === undefined || !(await listens(port, guard))) {
    guard.stdin.end();
    throw new StartUpError(`--redis: ${binary} did not start on port ${port}. Is it installed?`);
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid,
    ended,
    stop() {
      guard.stdin.end();
      return ended;
    },
  };
}

async function pidFrom(guard: ChildProcessWithoutNullStreams): Promise<number | undefined> {
  // Without a shell there is no guard and no output.
  const first = await Promise.race([once(guard.stdout, "data"), once(guard, "error")]).catch(() => []);
  const pid = Number(String(first[0]));
  return Number.isInteger(pid) ? pid : undefined;
}

async function listens(port: number, guard: ChildProcessWithoutNullStreams): Promise<boolean> {
  const until = performance.now() + START_MS;
  while (performance.now() < until && guard.exitCode === null) {
    if (await canConnect(port)) return true;
    await sleep(20);
  }
  return false;
}

function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return once(socket, "connect")
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
