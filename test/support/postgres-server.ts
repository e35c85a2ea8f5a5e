import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, realpathSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { freePort } from "./free-port.js";
import { startReaper } from "./reaper.js";

/** Where the programs of an installed Postgres are; undefined without one. */
export const postgresPrograms = folderOf("postgres");

/** A real Postgres on 127.0.0.1, empty, with everything in a folder of its own. Both go with `stop` or this process. */
export interface PostgresServer {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  if (postgresPrograms === undefined) throw new Error("No Postgres is installed on this machine.");
  const folder = await mkdtemp(join(tmpdir(), "redlock-kit-postgres-"));
  const reaper = startReaper(folder);
  try {
    const user = whoMayRunIt(folder);
    const initialize = ["-D", join(folder, "data"), "-U", "postgres", "--auth", "trust", "--no-sync"];
    execFileSync(join(postgresPrograms, "initdb"), initialize, { ...user, cwd: folder, stdio: "pipe" });
    const port = await freePort();
    const server = spawn(
      join(postgresPrograms, "postgres"),
      ["-D", join(folder, "data"), "-p", String(port), "-h", "127.0.0.1", "-k", "", "-F"],
      { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
    );
    reaper.watch(server.pid);
    await isReady(server);
    return {
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
      async stop() {
        server.kill("SIGINT");
        if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
        reaper.watch(undefined);
        await reaper.close();
      },
    };
  } catch (error) {
    await reaper.close();
    throw error;
  }
}

/** Goes on reading: nothing may come to a stop because nobody listens. */
function isReady(server: ChildProcess): Promise<void> {
  let log = "";
  return new Promise((resolve, reject) => {
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (log.includes("ready to accept connections")) resolve();
    });
    server.once("exit", () => reject(new Error(`Postgres did not start: ${log}`)));
  });
}

/** Postgres refuses to run as root; its packages make a user for it. */
function whoMayRunIt(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = ["-u", "-g"].map((what) =>
    Number(execFileSync("id", [what, "postgres"], { encoding: "utf8" })),
  );
  chownSync(folder, uid ?? 0, gid ?? 0);
  return { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
}

function folderOf(program: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  return found === undefined ? undefined : dirname(realpathSync(found));
}
