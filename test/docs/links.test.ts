import { existsSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, test } from "vitest";
import { anchors, codeSpans, page, pages, prose, root } from "./pages.js";

/** What the registry shows of a package is not beside these pages; such links are checked as if they were relative. */
const HERE = "https://github.com/redlock-kit/redlock-kit/blob/main/";

/** Why a link leads nowhere, or `undefined`. */
function fault(from: string, link: string): string | undefined {
  if (!link.startsWith(HERE) && /^[a-z]+:/.test(link)) return undefined;
  const [file = "", anchor] = link.replace(HERE, "/").split("#");
  const path = file.startsWith("/") ? file.slice(1) : posix.join(dirname(from), file);
  const target = file === "" ? from : path;
  if (!existsSync(join(root, target))) return "there is no such file";
  if (anchor === undefined) return undefined;
  return anchors(page(target)).includes(anchor) ? undefined : "there is no such heading";
}

describe.each(pages().map((of) => ({ path: of.path, of })))("$path", ({ path, of }) => {
  test("links to what exists", () => {
    const links = prose(of).flatMap((line) =>
      [...line.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link),
    );
    const broken = links.flatMap((link) => {
      const why = fault(path, link);
      return why === undefined ? [] : [`${link}: ${why}`];
    });
    expect(broken).toEqual([]);
  });
});

describe("ARCHITECTURE.md", () => {
  const lines = prose(page("ARCHITECTURE.md"));

  test("names files and folders that exist", () => {
    const named = lines.flatMap(codeSpans).filter((code) => code.includes("/") || code.endsWith(".ts"));
    expect(named.length).toBeGreaterThan(30);
    const places = ["", "packages/core/src", "packages/core/src/quorum", "packages/core/src/node"];
    const missing = named.filter((name) => !places.some((place) => existsSync(join(root, place, name))));
    expect(missing).toEqual([]);
  });

  test("is one page", () => {
    expect(lines.length).toBeLessThan(130);
  });
});

test("a decision has at most 50 lines", () => {
  const decisions = pages().filter(({ path }) => path.startsWith("docs/decisions/"));
  expect(decisions.length).toBeGreaterThan(0);
  expect(decisions.filter(({ lines }) => lines.length > 51).map(({ path }) => path)).toEqual([]);
});

test("the harness that CONTRIBUTING.md shows is there", () => {
  const files = prose(page("CONTRIBUTING.md"))
    .flatMap(codeSpans)
    .filter((code) => /^test\/[\w/]+$/.test(code));
  expect(
    files.filter((file) => !statSync(join(root, file), { throwIfNoEntry: false })?.isDirectory()),
  ).toEqual([]);
});
