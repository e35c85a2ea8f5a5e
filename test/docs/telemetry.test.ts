import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { codeSpans, page, root, section, tableRows } from "./pages.js";

const source = readFileSync(join(root, "packages/core/src/telemetry.ts"), "utf8");
const telemetry = page("docs/telemetry.md");

/** Payloads by name, with their fields and the channels that their comments name. */
const payloads = [
  ...source.matchAll(/\/\*\* Payload of ([^]*?)\*\/\nexport interface (\w+) \{\n([^]*?)\n\}/g),
].map(([, comment = "", name = "", body = ""]) => ({
  name,
  channels: codeSpans(comment).filter((code) => code.startsWith("redlock-kit:")),
  fields: [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, field = ""]) => field),
}));

const channels = [...source.matchAll(/(tracingChannel|channel)(?:<[^>]*>)?\("(redlock-kit:[\w-]+)"\)/g)].map(
  ([, maker, name = ""]) => ({ name, kind: maker === "channel" ? "plain" : "tracing" }),
);

const documented = tableRows(telemetry.lines.slice(0, telemetry.lines.indexOf("## Example")));

test("every channel is documented with its kind, and no other", () => {
  expect(channels.length).toBeGreaterThan(5);
  const rows = documented.map(([name = "", kind]) => ({ name: codeSpans(name)[0], kind }));
  expect(rows.sort(byName)).toEqual([...channels].sort(byName));
});

test("every channel has the payload that its type says", () => {
  const inSource = payloads.flatMap(({ name, channels: of }) => of.map((channel) => `${channel} ${name}`));
  const inDocs = documented.map(
    ([channel = "", , payload = ""]) => `${codeSpans(channel)[0]} ${/^\[(\w+)\]/.exec(payload)?.[1]}`,
  );
  expect(inDocs.sort()).toEqual(inSource.sort());
});

describe.each(payloads)("$name", ({ name, fields }) => {
  test("is documented field by field", () => {
    const [first = ""] = section(telemetry, name).join("\n").trim().split("\n\n");
    const rows = tableRows(first.split("\n"));
    expect(rows.flatMap(([field = ""]) => codeSpans(field))).toEqual(fields);
  });
});

test("every change of a node is documented, and no other", () => {
  const [, union = ""] = /readonly change:\s*([^;]*);/.exec(source) ?? [];
  const changes = [...union.matchAll(/"([\w-]+)"/g)].map(([, change = ""]) => change);
  const tables = section(telemetry, "NodeEvent").join("\n").trim().split("\n\n");
  const rows = tableRows((tables[1] ?? "").split("\n"));
  expect(rows.flatMap(([change = ""]) => codeSpans(change))).toEqual(changes);
});

function byName(a: { name: string | undefined }, b: { name: string | undefined }): number {
  return String(a.name).localeCompare(String(b.name));
}
