import { Injectable } from "@nestjs/common";
import type { Lease, LockManager } from "@redlock-kit/core";
import { CurrentLease, getLockManagerToken, InjectLockManager, Locked } from "@redlock-kit/nestjs";
import { describe, expect, test } from "vitest";
import { Gate } from "../support/gate.js";
import { startProviders } from "./start-app.js";

@Injectable()
class Accounts {
  readonly events: string[] = [];
  readonly later = new Gate();

  constructor(@InjectLockManager() private readonly locks: LockManager) {}

  @Locked("account")
  async alone(@CurrentLease() _lease?: Lease) {
    return "done";
  }

  @Locked("account")
  async nested() {
    return this.alone();
  }

  @Locked("account", { nested: "reenter" })
  async reentering(@CurrentLease() lease?: Lease) {
    return lease?.fencingToken;
  }

  @Locked("account")
  async outer(@CurrentLease() lease?: Lease) {
    return [lease?.fencingToken, await this.reentering(), this.locks.currentLease()?.valid];
  }

  @Locked("part")
  async part(name: string) {
    this.events.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    this.events.push(`${name} ends`);
  }

  @Locked("account")
  async sideBySide() {
    await Promise.all([this.part("a"), this.part("b")]);
  }

  @Locked("account")
  async startsTask() {
    return { task: this.later.opened.then(() => this.alone()) };
  }

  @Locked(["a", "b"])
  async several() {
    return this.deeper();
  }

  private async deeper() {
    return [
      this.locks.currentLease()?.keys,
      this.locks.currentLease("b")?.key,
      this.locks.assertLocked("a").valid,
    ];
  }
}

async function start() {
  const module = await startProviders({ providers: [Accounts] });
  return { accounts: module.get(Accounts), locks: module.get<LockManager>(getLockManagerToken()) };
}

describe("a locked method inside of another one", () => {
  test("is refused at once if it has the same key, since it would wait for itself", async () => {
    const { accounts, locks } = await start();
    await expect(accounts.nested()).rejects.toMatchObject({ code: "ERR_LOCK_NESTED", key: "account" });
    expect(locks.stats().held).toBe(0);
  });

  test('goes on under the same lease with nested: "reenter"', async () => {
    const { accounts, locks } = await start();
    const [outer, inner, isStillHeld] = await accounts.outer();
    expect(inner).toBe(outer);
    expect(isStillHeld).toBe(true);
    expect(locks.stats()).toMatchObject({ acquired: 1, held: 0 });
  });

  test("queues with its siblings that were started side by side", async () => {
    const { accounts } = await start();
    await accounts.sideBySide();
    expect(accounts.events).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  test("is not nested if it was started there and outlives the outer lease", async () => {
    const { accounts } = await start();
    const { task } = await accounts.startsTask();
    accounts.later.open();
    expect(await task).toBe("done");
  });
});

test("code deeper down finds the lease, by any of its keys, and can insist on it", async () => {
  const { accounts } = await start();
  expect(await accounts.several()).toEqual([["a", "b"], "a", true]);
});
