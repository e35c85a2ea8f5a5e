import { readFile } from "node:fs/promises";

/**
 * Runs the first example of a package's README, but for its listening.
 *
 * @param modules what its imports give
 * @param edits texts of the example and what stands in their place, such as a `return` of what the test needs
 */
export async function readmeExample<Result>(
  packageName: string,
  modules: Readonly<Record<string, object>>,
  edits: readonly (readonly [string | RegExp, string])[],
): Promise<Result> {
  const url = new URL(`../../../packages/${packageName}/README.md`, import.meta.url);
  const example = /```ts\n([^]*?)```/.exec(await readFile(url, "utf8"))?.[1] ?? "";
  const edited = edits.reduce((code, [from, to]) => {
    const next = code.replace(from, to);
    if (next === code) throw new Error(`The example has no ${String(from)}`);
    return next;
  }, example);
  const code = edited
    .replace(/import (\{[^}]*\}) from ("[^"]+");/g, "const $1 = modules[$2];")
    .replace(/import (\w+) from ("[^"]+");/g, "const { default: $1 } = modules[$2];");
  // The example is the package's own text.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function("modules", code)(modules) as Result;
}
