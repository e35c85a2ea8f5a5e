import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, type SourceFile, sourceFiles, target } from "./source-files.js";

/**
 * The picture of packages/core/src, from top to bottom: a file may import from its own group and from the layers below
 * it; groups side by side in one layer know nothing of each other. A file belongs to the lowest group that it matches.
 */
const layers: Record<string, RegExp>[] = [
  { "entry point": /^index$/ },
  { testing: /^testing\// },
  { adapter: /^adapter\//, "fencing guards": /^fencing\// },
  { manager: /^[^/]+$/ },
  { "lease and waiting": /^(held-lease|lease-errors|lease-grant|lease-home|auto-extend|waiting\/.+)$/ },
  { quorum: /^quorum\//, "memory node": /^node\//, "redis node": /^redis\//, clients: /^redis\/clients\// },
  { keys: /^keys\// },
  {
    contracts: /^(lock-manager|lease)$/,
    "client port": /^redis\/redis-client$/,
    scripts: /^redis\/scripts\//,
  },
  { "node port": /^node\/(lock-node|kept-value|reserved)$/ },
  { settings: /^(options|option-checks)$/ },
  { agenda: /^agenda$/, "pure functions": /^(waiting\/backoff|quorum\/(majority|validity|fencing))$/ },
  { leaves: /^(errors|clock|telemetry|lazy-abort)$/ },
];

interface Place {
  readonly layer: number;
  readonly group: string;
}

function placeOf(path: string): Place | undefined {
  const name = path.replace(/\.ts$/, "");
  for (let layer = layers.length - 1; layer >= 0; layer -= 1) {
    const groups = Object.entries(layers[layer] ?? {}).reverse();
    const match = groups.find(([, pattern]) => pattern.test(name));
    if (match) return { layer, group: match[0] };
  }
  return undefined;
}

const core = sourceFiles("packages/core/src");

/** `from` -> `to` for every import of one file of core by another that the rule forbids. */
function violations(
  forbidden: (from: Place, to: Place, typeOnly: boolean, file: SourceFile) => boolean,
): string[] {
  return core.flatMap((file) => {
    const from = placeOf(file.path);
    return file.imports.flatMap((imported) => {
      const path = target(file, imported);
      const to = path && placeOf(path);
      return from && to && forbidden(from, to, imported.typeOnly, file) ? [`${file.path} -> ${path}`] : [];
    });
  });
}

describe("in packages/core/src", () => {
  test("every file has a place in the picture", () => {
    expect(core.map(({ path }) => path).filter((path) => !placeOf(path))).toEqual([]);
  });

  test("imports point down", () => {
    const upwards = violations((from, to, typeOnly, file) => {
      // What can be a node is a type of the options, and only the manager can make nodes of it.
      if (typeOnly && file.path === "options.ts") return false;
      return to.layer < from.layer || (to.layer === from.layer && to.group !== from.group);
    });
    expect(upwards).toEqual([]);
  });

  test("the leaves import nothing but each other's types", () => {
    expect(
      violations((from, to, typeOnly) => from.group === "leaves" && !(typeOnly && to.group === "leaves")),
    ).toEqual([]);
  });

  test("the contracts are types and nothing else", () => {
    const running = core.filter(({ path, code, imports }) => {
      const runs = imports.some(({ typeOnly }) => !typeOnly) || /^export (?!type|interface)/m.test(code);
      return placeOf(path)?.group === "contracts" && runs;
    });
    expect(running.map(({ path }) => path)).toEqual([]);
  });

  test("there are no cycles, of types neither", () => {
    expect(cycles(core)).toEqual([]);
  });

  test("nothing is imported but Node itself and ioredis, which is optional", () => {
    const packages = core.flatMap((file) =>
      file.imports
        .filter(({ specifier }) => !/^(\.|node:|ioredis$)/.test(specifier))
        .map(({ specifier }) => `${file.path} -> ${specifier}`),
    );
    expect(packages).toEqual([]);
  });
});

describe.each(readdirSync(join(root, "packages")))("in packages/%s/src", (name) => {
  const files = sourceFiles(`packages/${name}/src`);
  const having = (forbidden: RegExp) =>
    files.filter(({ code }) => forbidden.test(code)).map(({ path }) => path);

  test("exports are named one by one", () => {
    expect(having(/^export\s+\*/m)).toEqual([]);
    expect(having(/^export\s+default\b|\bas\s+default\b/m)).toEqual([]);
  });

  test("a file is named after what it has", () => {
    const vague = /(^|\/)(utils?|helpers?|common|misc|types)(\/|\.ts$)/;
    expect(files.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });

  test("no file has more than 240 lines", () => {
    expect(
      files.filter(({ text }) => text.trimEnd().split("\n").length > 240).map(({ path }) => path),
    ).toEqual([]);
  });

  test("`any` stands only where a framework's type demands it, with the reason beside it", () => {
    const reason = /oxlint-disable-next-line typescript\/no-explicit-any -- \S/;
    const places = files.flatMap(({ path, text, code }) => {
      const lines = text.split("\n");
      return code.split("\n").flatMap((line, index) => {
        const found = /(?<![.\w])any\b/.test(line.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, ""));
        return found && !reason.test(lines[index - 1] ?? "") ? [`${path}:${index + 1}`] : [];
      });
    });
    expect(places).toEqual([]);
  });
});

/** Every cycle once, as "a.ts -> b.ts -> a.ts". */
function cycles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    const file = byPath.get(path);
    if (!file || done.has(path)) return;
    for (const imported of file.imports) {
      const next = target(file, imported);
      if (next) visit(next, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return found;
}
