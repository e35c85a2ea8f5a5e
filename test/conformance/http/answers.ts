import { LockError, type LockErrorCode, type LockManager } from "@redlock-kit/core";
import { describe, expect, test, vi } from "vitest";
import type { Route } from "./door.js";
import type { Stage } from "./stage.js";

const ROUTE: Route = {
  path: "/seats/:id",
  key: "seat:{params.id}",
  options: { waitMs: 0 },
  handler: ({ lease }) => lease?.key ?? "without a lock",
};

/** A manager that refuses everything. */
function refusing(code: LockErrorCode): LockManager {
  return {
    withLock: () => Promise.reject(new LockError(code, "message", { keys: ["s3cret"] })),
  } as unknown as LockManager;
}

/** What a client is told. */
export function answers(stage: Stage): void {
  test("a held lock is answered by 423 problem+json without charset, and by the real time until it can be free", async () => {
    const handler = vi.fn(() => "done");
    const { client, others } = await stage.open({ ...ROUTE, handler });
    await using lease = await others.acquire("seat:A1", { ttlMs: 8_500, owner: "0wner" });

    const { status, headers, text, json } = await client.post("/seats/A1?token=t0ken");

    expect(status).toBe(423);
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(headers["retry-after"]).toBe("9");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["content-length"]).toBe(String(Buffer.byteLength(text)));
    expect(headers).not.toHaveProperty("etag");
    expect(json).toEqual({
      type: "https://github.com/redlock-kit/redlock-kit/blob/main/docs/errors.md#err_lock_held",
      title: "Locked",
      status: 423,
      detail: expect.stringMatching(/\w.*\.$/),
      instance: "/seats/A1",
      code: "ERR_LOCK_HELD",
    });
    expect(text).not.toMatch(new RegExp(`seat:|t0ken|0wner|memory|redis:|${lease.token}`));
    expect(handler).not.toHaveBeenCalled();
  });

  test("a request is let in as soon as the lock is free within waitMs", async () => {
    const { client, others, locks } = await stage.open({ ...ROUTE, options: { waitMs: 10_000 } });
    const lease = await others.acquire("seat:A1");
    const answer = client.post("/seats/A1");
    await vi.waitFor(() => expect(locks.stats().waiting).toBe(1));
    await lease.release();
    expect((await answer).text).toBe("seat:A1");
  });

  test.each([
    ["ERR_LOCK_HELD", 423],
    ["ERR_LOCK_UNAVAILABLE", 503],
    ["ERR_LOCK_OVERLOADED", 503],
    ["ERR_LOCK_CLOSED", 503],
    ["ERR_LOCK_LOST", 503],
    ["ERR_LOCK_INVALID_ARGUMENT", 400],
    ["ERR_LOCK_NESTED", 500],
  ] as const)("%s is answered by %d, without a word of its key", async (code, status) => {
    const client = await stage.openWith(refusing(code), ROUTE);
    const { headers, ...answer } = await client.post("/seats/A1");
    expect(answer).toMatchObject({ status, json: { code, status, instance: "/seats/A1" } });
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(headers["retry-after"]).toBe(status === 423 || status === 503 ? "1" : undefined);
    expect(answer.text).not.toContain("s3cret");
  });

  test("a manager that is closed is ERR_LOCK_CLOSED", async () => {
    const { client, locks } = await stage.open(ROUTE);
    await locks.close();
    expect(await client.post("/seats/A1")).toMatchObject({ status: 503, json: { code: "ERR_LOCK_CLOSED" } });
  });

  test("whenHeld answers for a held lock, and for nothing else", async () => {
    const whenHeld = vi.fn((error: LockError) => `busy: ${error.code}`);
    const route: Route = { ...ROUTE, options: { waitMs: 0, whenHeld } };
    const { client, others } = await stage.open(route);
    await using _held = await others.acquire("seat:A1");
    expect(await client.post("/seats/A1")).toMatchObject({ status: 200, text: "busy: ERR_LOCK_HELD" });
    const unavailable = await stage.openWith(refusing("ERR_LOCK_UNAVAILABLE"), route);
    expect((await unavailable.post("/seats/A1")).status).toBe(503);
    expect(whenHeld).toHaveBeenCalledOnce();
  });

  test("what whenHeld throws is an error of the program", async () => {
    const whenHeld = (): string => {
      throw new Error("whenHeld");
    };
    const client = await stage.openWith(refusing("ERR_LOCK_HELD"), { ...ROUTE, options: { whenHeld } });
    expect((await client.post("/seats/A1")).status).toBe(500);
  });

  describe("options that not every door has:", () => {
    if (!stage.lacks("passing whenHeld")) {
      test("whenHeld may run the handler without a lock", async () => {
        const whenHeld = () => undefined;
        const { client, others } = await stage.open({ ...ROUTE, options: { waitMs: 0, whenHeld } });
        await using lease = await others.acquire("seat:A1");
        expect((await client.post("/seats/A1")).text).toBe("without a lock");
        expect(lease.valid).toBe(true);
      });
    }

    if (!stage.lacks("statusCode")) {
      test.each([409, 429, 503] as const)("statusCode answers a held lock by %d", async (statusCode) => {
        const client = await stage.openWith(refusing("ERR_LOCK_HELD"), { ...ROUTE, options: { statusCode } });
        const answer = await client.post("/seats/A1");
        expect(answer).toMatchObject({
          status: statusCode,
          json: { status: statusCode, code: "ERR_LOCK_HELD" },
        });
        expect(answer.headers["retry-after"]).toBe("1");
      });
    }

    if (!stage.lacks("onUnavailable")) {
      test.each([
        ["ERR_LOCK_UNAVAILABLE", 200],
        ["ERR_LOCK_HELD", 423],
        ["ERR_LOCK_OVERLOADED", 503],
        ["ERR_LOCK_CLOSED", 503],
      ] as const)('onUnavailable: "pass" answers %s by %d', async (code, status) => {
        const options = { onUnavailable: "pass" } as const;
        const client = await stage.openWith(refusing(code), { ...ROUTE, options });
        const answer = await client.post("/seats/A1");
        expect(answer.status).toBe(status);
        if (status === 200) expect(answer.text).toBe("without a lock");
      });
    }

    if (!stage.lacks("skip")) {
      test.each([
        ["at once", ({ id }: Record<string, string>) => id === "free"],
        ["by promise", async ({ id }: Record<string, string>) => id === "free"],
      ])("skip runs the handler without a lock where it says so %s", async (_, skip) => {
        const { client, others } = await stage.open({ ...ROUTE, key: "k", options: { waitMs: 0, skip } });
        await using _held = await others.acquire("k");
        expect((await client.post("/seats/free")).text).toBe("without a lock");
        expect((await client.post("/seats/other")).status).toBe(423);
      });

      test("what skip throws is an error of the program", async () => {
        const skip = () => Promise.reject(new Error("skip"));
        const { client, locks } = await stage.open({ ...ROUTE, options: { skip } });
        expect((await client.post("/seats/A1")).status).toBe(500);
        expect(locks.stats().acquired).toBe(0);
      });
    }

    const refused = { graceMs: 1, statusCode: 409, onUnavailable: "pass", skip: () => true } as const;
    for (const [option, value] of Object.entries(refused)) {
      const reason = stage.door.lacks[option as keyof typeof refused];
      if (reason === undefined) continue;
      test(`${option} is refused where it is declared: ${reason}`, async () => {
        await expect((async () => stage.open({ ...ROUTE, options: { [option]: value } }))()).rejects.toThrow(
          `option "${option}" is not known`,
        );
      });
    }
  });
}
