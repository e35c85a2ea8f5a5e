import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Role, Roles } from "./child/roles.js";
import { own } from "./owned-processes.js";

type Methods<R extends Role> = Awaited<ReturnType<Roles[R]>>;
type Method<R extends Role, M extends keyof Methods<R>> = Extract<
  Methods<R>[M],
  (...args: never[]) => unknown
>;

/** A child process in a role, one request at a time. */
export interface Child<R extends Role> extends AsyncDisposable {
  call<M extends keyof Methods<R> & string>(
    method: M,
    ...args: Parameters<Method<R, M>>
  ): Promise<Awaited<ReturnType<Method<R, M>>>>;
}

const MAIN = fileURLToPath(new URL("./child/main.js", import.meta.url));
const REPLY_LIMIT_MS = 120_000;

export async function startChild<R extends Role>(
  role: R,
  setting: Parameters<Roles[R]>[0],
): Promise<Child<R>> {
  const child = fork(MAIN, [role, JSON.stringify(setting)], {
    execArgv: [...process.execArgv, "--expose-gc"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // Typed arrays travel as they are.
    serialization: "advanced",
  });
  own(child);
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });

  const reply = async (): Promise<unknown> => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), REPLY_LIMIT_MS);
    const ended = once(child, "exit", { signal: limit.signal }).then(([code, signal]) => {
      throw new Error(`the child process "${role}" ended with ${signal ?? code}\n${complaint}`);
    });
    ended.catch(() => {});
    try {
      const [message] = await Promise.race([once(child, "message", { signal: limit.signal }), ended]);
      const { result, error } = message as { result?: unknown; error?: string };
      if (error !== undefined) throw new Error(`"${role}": ${error}`);
      return result;
    } finally {
      clearTimeout(timer);
      limit.abort();
    }
  };
  const end = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };

  try {
    await reply();
  } catch (error) {
    await end();
    throw error;
  }
  return {
    call: async (method, ...args) => {
      const answer = reply();
      child.send({ method, args });
      return (await answer) as never;
    },
    [Symbol.asyncDispose]: end,
  };
}

/** Several children in one role, which end together. */
export async function startTeam<R extends Role>(
  count: number,
  role: R,
  setting: Parameters<Roles[R]>[0],
): Promise<{ list: readonly Child<R>[] } & AsyncDisposable> {
  const list: Child<R>[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(list.map((child) => child[Symbol.asyncDispose]()));
  };
  try {
    // One after the other: so many starts at once would be slower, not faster.
    while (list.length < count) list.push(await startChild(role, setting));
  } catch (error) {
    await end();
    throw error;
  }
  return { list, [Symbol.asyncDispose]: end };
}
