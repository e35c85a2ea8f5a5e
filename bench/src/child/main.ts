import { type Role, roles } from "./roles.js";
import { countStrayErrors } from "./stray-errors.js";

/*
 * A child process of the benchmark: `main.js role setting`. It answers the parent's requests one after the other, and
 * ends when the parent is gone.
 */

interface Request {
  readonly method: string;
  readonly args: readonly unknown[];
}

countStrayErrors();
process.once("disconnect", () => process.exit());

const [role, setting] = process.argv.slice(2);
const make = roles[role as Role] as (
  setting: unknown,
) => Promise<Record<string, (...args: readonly unknown[]) => unknown>>;
const methods = await make(JSON.parse(setting ?? "null"));

process.on("message", ({ method, args }: Request) => {
  void answer(async () => methods[method]?.(...args));
});
await answer(async () => undefined);

async function answer(work: () => Promise<unknown>): Promise<void> {
  try {
    process.send?.({ result: await work() });
  } catch (error) {
    process.send?.({ error: String(error) });
  }
}
