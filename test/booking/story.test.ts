import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type BookingApp, buildBooking, startBooking } from "./booking-app.js";

beforeAll(buildBooking);

const readme = readFileSync(new URL("../../examples/booking/README.md", import.meta.url), "utf8");

/** The commands of a step of the README's story. */
function commandsOf(step: string): string {
  const commands = new RegExp(`<!-- story ${step} -->\n\`\`\`sh\n([^]*?)\`\`\``).exec(readme)?.[1];
  if (commands === undefined) throw new Error(`The README has no commands for step ${step}.`);
  return commands;
}

/** Types the commands of a step into a shell. Resolves with what it prints. */
async function type(step: string, { url }: BookingApp, env: Record<string, string> = {}): Promise<string> {
  const preparation = /^export BOOKING=\S+.*\n(export .*)$/m.exec(readme)?.[1] ?? "";
  const shell = await promisify(execFile)("bash", ["-c", `${preparation}\n${commandsOf(step)}`], {
    env: { PATH: process.env.PATH, BOOKING: url, ...env },
    timeout: 30_000,
  });
  return shell.stdout;
}

async function start(args: readonly string[], env: Record<string, string> = {}): Promise<BookingApp> {
  const app = await startBooking({ args, env: { PORT: "0", ...env } });
  onTestFinished(() => app.stop());
  return app;
}

function statuses(output: string): string[] {
  return [...output.matchAll(/ -> (\d+)/g)].map(([, status]) => status ?? "").toSorted();
}

interface RushFigures {
  readonly sold: number;
  readonly doubleSold: number;
  readonly handOffs: number;
  readonly servers: Record<string, number>;
}

function figures(output: string): RushFigures[] {
  return [...output.matchAll(/^(?:data: )?(\{"sold".*\})$/gm)].map(
    ([, json]) => JSON.parse(json ?? "") as RushFigures,
  );
}

describe("the story of the sample's README", () => {
  test("steps 1 and 2: two buyers without the lock, and with it", async () => {
    const app = await start([]);
    expect(statuses(await type("1", app))).toEqual(["201", "201"]);
    const guarded = await type("2", app);
    expect(statuses(guarded)).toEqual(["201", "409"]);
    expect(guarded).toContain('"code":"SEAT_SOLD"');
  });

  test("steps 3, 6, 7 and 4: three servers, a hold, hand-offs, a Redis node killed", async () => {
    const app = await start(["--servers", "3", "--redis"]);
    const [naive, locked] = figures(await type("3", app));
    expect(naive?.doubleSold).toBeGreaterThan(0);
    expect(locked).toMatchObject({ sold: 120, doubleSold: 0 });
    expect(Object.keys(locked?.servers ?? {})).toHaveLength(3);

    // What step 3 has sold, step 6 wants.
    await fetch(`${app.url}/api/rush`, {
      method: "DELETE",
      headers: { "content-type": "application/json" },
      body: '{"showId":"hamlet"}',
    });
    const held = await type("6", app);
    expect(held.match(/ -> \d+/g)).toEqual([" -> 423", " -> 201"]);
    expect(held).toContain('"code":"SEAT_HELD"');

    const stream = await type("7", app);
    expect(stream.match(/^event: buyer$/gm)).toHaveLength(100);
    const [result] = figures(stream);
    expect(result).toMatchObject({ sold: 1, doubleSold: 0 });
    expect(result?.handOffs).toBeGreaterThan(50);

    const REDIS = / {2}redis-server 1 .*: pid (\d+)/.exec(app.output("stdout"))?.[1] ?? "";
    const degraded = await type("4", app, { REDIS });
    // B1 was sold to Ada in step 6.
    expect(figures(degraded)).toMatchObject([{ sold: 119, doubleSold: 0 }]);
    await expect
      .poll(async () => (await fetch(`${app.url}/api/health`)).text(), { timeout: 10_000 })
      .toContain('"locks":"degraded"');
    // Seven steps of many requests each: what would hang is told by the shell's own limit.
  }, 60_000);

  test("step 5: a server frozen past its lease", async () => {
    const settings = Object.fromEntries(
      [...(/`((?:[A-Z_]+=\d+ )+)npm start/.exec(readme)?.[1] ?? "").matchAll(/(\w+)=(\d+)/g)].map(
        ([, name = "", value = ""]) => [name, value],
      ),
    );
    expect(settings).toEqual({ LOCK_TTL_MS: "1000", PAYMENT_MS: "4000" });
    const app = await start(["--servers", "3", "--redis"], settings);
    const ada = type("5a", app);
    const paying = () => /process (\d+): Ada .*: paying/.exec(app.output("stdout"))?.[1];
    await expect.poll(paying, { timeout: 10_000 }).toBeDefined();
    const bob = await type("5b", app, { FROZEN: paying() ?? "" });
    expect(statuses(bob)).toContain("201");
    expect(statuses(bob).filter((status) => status === "201")).toHaveLength(1);
    expect(await ada).toMatch(/"OVERTAKEN".* -> 409|"ERR_LOCK_LOST".* -> 503/);
  }, 60_000);
});
