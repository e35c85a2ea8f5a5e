import { spawnSync } from "node:child_process";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A wall clock for a process, which can be set while it runs; its monotonic clock goes on as it is. */
export interface FakeClock {
  /** What the process needs in its environment when it starts. */
  readonly env: Readonly<Record<string, string>>;
  /** By how many milliseconds it is ahead of the machine's, or behind if negative. */
  set(aheadMs: number): void;
  remove(): void;
}

/** Makes one by libfaketime; `undefined` where that does not work. */
export async function fakeClock(): Promise<FakeClock | undefined> {
  const library = libfaketime();
  if (library === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "redlock-kit-clock-"));
  const file = join(folder, "offset");
  const set = (aheadMs: number): void => {
    // It is read at every look at the clock, so it must never be seen half written.
    writeFileSync(`${file}.new`, `${aheadMs < 0 ? "-" : "+"}${Math.abs(aheadMs) / 1_000}s\n`);
    renameSync(`${file}.new`, file);
  };
  set(0);
  return {
    env: { ...environment(library), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1" },
    set,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

let found: { readonly preload: string | undefined } | undefined;

/** Where the library is, as `LD_PRELOAD` wants it, if it does what it shall. */
export function libfaketime(): string | undefined {
  found ??= { preload: find() };
  return found.preload;
}

function find(): string | undefined {
  const library = output("faketime", ["-f", "+0s", "printenv", "LD_PRELOAD"]).trim();
  if (library === "") return undefined;
  const now = Date.now();
  const told = output("date", ["+%s"], { ...environment(library), FAKETIME: "+1000s" });
  return Math.abs(Number(told) * 1_000 - now - 1_000_000) < 60_000 ? library : undefined;
}

/** The C library's own allocator, since the one that redis-server brings asks for the time before that can be faked. */
function environment(library: string): Record<string, string> {
  return { LD_PRELOAD: `${library}:libc.so.6`, FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

function output(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  return spawnSync(command, args, { encoding: "utf8", env: { ...process.env, ...env } }).stdout ?? "";
}
