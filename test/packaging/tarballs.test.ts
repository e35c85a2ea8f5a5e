import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  build,
  install,
  linkPeers,
  load,
  pack,
  packages,
  remove,
  type Tarball,
  temporaryFolder,
} from "./consumer.js";

let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  await build();
});
afterAll(() => remove(folder));

/** "@redlock-kit/core", "@redlock-kit/core/adapter", … */
function entryPoints({ manifest }: Tarball): string[] {
  return Object.keys(manifest.exports)
    .filter((path) => path !== "./package.json")
    .map((path) => manifest.name + path.slice(1));
}

describe.each(packages)("the tarball of %s", (name) => {
  let tarball: Tarball;
  let project: string;

  beforeAll(async () => {
    project = await temporaryFolder();
    tarball = await pack(name, folder);
    const core = name === "core" ? [] : [await pack("core", project)];
    await install(project, [...core, tarball]);
    const peers = Object.keys(tarball.manifest.peerDependencies).filter(
      (peer) => peer !== "@redlock-kit/core",
    );
    if (name !== "core") await linkPeers(project, name, peers);
  });
  afterAll(() => remove(project));

  test("holds the library, its sources and its licence, and nothing else", () => {
    const expected = /^(package\.json|LICENSE|README\.md|src\/.+\.ts|dist\/.+\.(js|d\.ts)(\.map)?)$/;
    expect(tarball.files.filter((file) => !expected.test(file))).toEqual([]);
    expect(tarball.files.filter((file) => /\btest\b|\.test\./.test(file))).toEqual([]);
    expect(tarball.files).toContain("LICENSE");
  });

  test("gives the same names to import and to require, and prints nothing", async () => {
    const [loaded, warnings] = await load(project, entryPoints(tarball));
    expect(loaded.map(({ specifier }) => specifier)).toEqual(entryPoints(tarball));
    for (const { imported, required } of loaded) {
      expect(imported.length).toBeGreaterThan(0);
      expect(required).toEqual(imported);
    }
    expect(warnings).toBe("");
  });
});
