import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const exec = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

/** All that are published. */
export const packages = ["core", "nestjs", "express", "fastify", "hono"];

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

export interface Tarball {
  readonly manifest: Manifest;
  readonly path: string;
  readonly files: readonly string[];
}

/** Makes `dist` what the sources are now; at once where it is so already. */
export async function build(): Promise<void> {
  await exec(join(root, "node_modules/.bin/tsc"), ["-b", ...packages.map((name) => `packages/${name}`)], {
    cwd: root,
  });
}

/** What `npm publish` would send to the registry. */
export async function pack(name: string, destination: string): Promise<Tarball> {
  const folder = join(root, "packages", name);
  const { stdout } = await exec(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--pack-destination", destination],
    {
      cwd: folder,
    },
  );
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return {
    manifest: JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest,
    path: join(destination, packed.filename),
    files: packed.files.map((file) => file.path),
  };
}

export async function temporaryFolder(): Promise<string> {
  return realpath(await mkdtemp(join(tmpdir(), "redlock-kit-packaging-")));
}

export async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** An empty project with the tarballs and nothing else in it: no network, no peers. */
export async function install(folder: string, tarballs: readonly Tarball[]): Promise<void> {
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  const paths = tarballs.map(({ path }) => path);
  await exec("npm", ["install", "--offline", "--legacy-peer-deps", "--no-package-lock", ...paths], {
    cwd: folder,
  });
}

/** Gives the project the peers of a package, as the workspace has them. */
export async function linkPeers(
  folder: string,
  packageName: string,
  peers: readonly string[],
): Promise<void> {
  for (const peer of peers) {
    const link = join(folder, "node_modules", peer);
    await mkdir(dirname(link), { recursive: true });
    await symlink(await realpath(join(root, "packages", packageName, "node_modules", peer)), link);
  }
}

const LOAD = `
  import { createRequire } from "node:module";
  const require = createRequire(process.cwd() + "/project.cjs");
  const loaded = [];
  for (const specifier of process.argv.slice(1)) {
    loaded.push({
      specifier,
      imported: Object.keys(await import(specifier)).sort(),
      required: Object.keys(require(specifier)).filter((name) => name !== "__esModule").sort(),
    });
  }
  console.log(JSON.stringify(loaded));
`;

export interface Loaded {
  readonly specifier: string;
  readonly imported: readonly string[];
  readonly required: readonly string[];
}

/** The names that a project gets by import and by require; and all that loading printed as a warning. */
export async function load(folder: string, specifiers: readonly string[]): Promise<[Loaded[], string]> {
  const { stdout, stderr } = await exec(
    process.execPath,
    ["--input-type=module", "-e", LOAD, ...specifiers],
    {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: "" },
    },
  );
  return [JSON.parse(stdout) as Loaded[], stderr];
}
