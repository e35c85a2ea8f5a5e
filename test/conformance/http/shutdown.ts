import { expect, test } from "vitest";
import { Gate } from "../../support/gate.js";
import { free, held, type Stage, waiting } from "./stage.js";

/** How a server with locks ends. */
export function shutdown(stage: Stage): void {
  test("a server that shuts down refuses whoever waits at once, and lets the running handler end under its lock", async () => {
    const gate = new Gate();
    const { client, locks, others, opened, log } = await stage.open({
      path: "/",
      key: "k",
      options: { waitMs: 60_000 },
      handler: async () => {
        await gate.opened;
        log.push("ends");
        return "done";
      },
    });
    const headers = { connection: "close" };
    const running = client.post("/", headers);
    await held(locks);
    const waits = client.post("/", headers);
    await waiting(locks, 1);

    const end = Promise.all([locks.close(), opened.close()]);

    expect(await waits).toMatchObject({ status: 503, json: { code: "ERR_LOCK_CLOSED" } });
    expect(await others.tryAcquire("k")).toBeNull();
    gate.open();
    expect(await running).toMatchObject({ status: 200, text: "done" });
    await end;
    await free(others);
    expect(log).toEqual(["ends", "released"]);
  });
}
