import { describe, expect, test } from "vitest";
import { readSettings } from "../../examples/booking/src/settings.js";
import { StartUpError } from "../../examples/booking/src/start-up-error.js";

/** What a start is refused with. */
function refusalOf(args: readonly string[], env: Record<string, string>): string {
  try {
    readSettings(args, env);
  } catch (error) {
    expect(error).toBeInstanceOf(StartUpError);
    return (error as StartUpError).message;
  }
  throw new Error("The settings were taken.");
}

test("the defaults are those that the README names", () => {
  expect(readSettings([], {})).toMatchObject({
    door: "nest",
    servers: 1,
    port: undefined,
    redisUrls: [],
    databaseUrl: undefined,
    dataDir: undefined,
    startRedis: false,
    lockTtlMs: 5_000,
    holdMs: 120_000,
    paymentMs: 300,
    paymentFailureRate: 0,
  });
});

describe("is refused in one line that names it and shows no password", () => {
  test.each([
    ["PORT", "http"],
    ["PORT", "65536"],
    ["PORT", "-1"],
    ["REDIS_URLS", "localhost:6379"],
    ["REDIS_URLS", "http://user:secret@localhost"],
    ["REDIS_URLS", "redis://a:6379,,redis://b:6379"],
    ["REDIS_URLS", "redis://a:6379,redis://:secret@b:99999"],
    ["REDIS_URLS", "redis://a:6379/secret"],
    ["REDIS_URLS", "redis://"],
    ["REDIS_URLS", "redis://:secret@a, redis://:secret@a"],
    ["DATABASE_URL", "mysql://user:secret@localhost/x"],
    ["DATABASE_URL", "secret"],
    ["HOLD_MS", "0"],
    ["LOCK_TTL_MS", "0"],
    ["LOCK_TTL_MS", "5s"],
    ["PAYMENT_MS", "-1"],
    ["PAYMENT_MS", "1e3"],
    ["PAYMENT_FAILURE_RATE", "1.5"],
    ["PAYMENT_FAILURE_RATE", "often\nor not"],
  ])("%s=%j", (name, value) => {
    const refusal = refusalOf([], { [name]: value });
    expect(refusal).toMatch(/^[^\n]+$/);
    expect(refusal).toContain(name);
    expect(refusal).not.toContain("secret");
  });

  test.each([
    ["--door side", "--door"],
    ["--door", "--door"],
    ["--window", "--window"],
    ["express", "express"],
    ["--servers 0", "--servers"],
    ["--servers 17", "--servers"],
    ["--servers 3", "--redis"],
    ["--redis yes", "yes"],
  ])("%s", (args, named) => {
    const refusal = refusalOf(args.split(" "), {});
    expect(refusal).toMatch(/^[^\n]+$/);
    expect(refusal).toContain(named);
  });

  test("--redis beside REDIS_URLS", () => {
    expect(refusalOf(["--redis"], { REDIS_URLS: "redis://127.0.0.1:1" })).toContain("REDIS_URLS");
  });

  test("DATA_DIR beside DATABASE_URL", () => {
    const refusal = refusalOf([], { DATABASE_URL: "postgres://127.0.0.1:1/x", DATA_DIR: "somewhere" });
    expect(refusal).toContain("DATA_DIR");
  });
});
