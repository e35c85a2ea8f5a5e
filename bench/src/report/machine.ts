import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import { redisServerBinary } from "../servers.js";

/** On what the figures were taken. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly server: string;
  readonly packages: Readonly<Record<string, string>>;
}

export function thisMachine(): Machine {
  const { stdout } = spawnSync(redisServerBinary, ["--version"], { encoding: "utf8" });
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.versions.node,
    server: stdout.split(" sha=")[0]?.trim() ?? "unknown",
    packages: Object.fromEntries(packages().map((name) => [name, versionOf(name)])),
  };
}

function packages(): string[] {
  const { devDependencies } = manifest("package.json") as { devDependencies: Record<string, string> };
  return Object.keys(devDependencies).filter((name) => !name.startsWith("@types/"));
}

function versionOf(name: string): string {
  return String((manifest(`node_modules/${name}/package.json`) as { version: string }).version).replace(
    /^v/,
    "",
  );
}

function manifest(path: string): unknown {
  return JSON.parse(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8"));
}
