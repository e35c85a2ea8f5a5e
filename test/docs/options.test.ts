import { createLockManager, LockError, memoryNode, randomToken, systemClock } from "@redlock-kit/core";
import { expect, onTestFinished, test } from "vitest";
import { resolveLockOptions, resolveManagerOptions } from "../../packages/core/src/options.js";
import { codeSpans, page, section, tableRows } from "./pages.js";

const [managerTable, lockTable] = tablesOf(section(page("packages/core/README.md"), "Options"));

/** Options and the expressions that stand for their defaults. */
function tablesOf(lines: readonly string[]): Map<string, string | undefined>[] {
  const tables = lines
    .join("\n")
    .split(/\n\n+/)
    .filter((part) => part.startsWith("|"));
  return tables.map(
    (table) =>
      new Map(
        tableRows(table.split("\n")).map(([name = "", byDefault = ""]) => [
          codeSpans(name)[0] ?? "",
          codeSpans(byDefault)[0],
        ]),
      ),
  );
}

/** What an expression of the tables means. */
function valueOf(expression: string | undefined): unknown {
  const named: Record<string, unknown> = { randomToken, systemClock, Infinity, undefined };
  if (expression === undefined || expression in named) return named[expression ?? "undefined"];
  return JSON.parse(expression.replaceAll("_", ""));
}

/** The names of all options, which an unknown one makes the kit tell. */
async function known(refuse: () => unknown): Promise<string[]> {
  const refusal = await Promise.resolve()
    .then(refuse)
    .catch((error: unknown) => error);
  return /known are (.*)$/.exec(String((refusal as LockError).message))?.[1]?.split(", ") ?? [];
}

test("the manager's options are all in the table, and no others", async () => {
  const names = await known(() => createLockManager({ nodes: [memoryNode()], unknown: 1 } as never));
  expect([...(managerTable?.keys() ?? [])].sort()).toEqual(names.sort());
});

test("the options of one lock are all in the tables, and no others", async () => {
  const locks = createLockManager({ nodes: [memoryNode()] });
  onTestFinished(() => locks.close());
  const names = await known(() => locks.acquire("k", { unknown: 1 } as never));
  const inPlaceOfTheManagers = ["ttlMs", "waitMs", "autoExtend", "minHoldMs", "maxHoldMs", "retry"];
  expect([...(lockTable?.keys() ?? []), ...inPlaceOfTheManagers].sort()).toEqual(names.sort());
});

test("every default of the manager is what the table says", () => {
  const { lock, ...resolved } = resolveManagerOptions({ nodes: [] });
  const defaults: Record<string, unknown> = { ...lock, ...resolved };
  for (const [name, expression] of managerTable ?? []) {
    if (name === "nodes" || name === "retry") continue;
    expect(defaults[name], name).toBe(valueOf(expression));
  }
  expect(lock.retry).toBeUndefined();
});

test("every default of one lock is what the table says", () => {
  const defaults = resolveLockOptions({}, resolveManagerOptions({ nodes: [] })) as unknown as Record<
    string,
    unknown
  >;
  for (const [name, expression] of lockTable ?? []) {
    // There is one mode so far, which the settings need not tell.
    if (name === "mode") continue;
    expect(defaults[name], name).toBe(valueOf(expression));
  }
});
