import { Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis5";
import { expect, onTestFinished, vi } from "vitest";
import { ioredisClient } from "../../packages/core/src/redis/clients/ioredis.js";
import type { RedisClient } from "../../packages/core/src/redis/redis-client.js";

/** A subscription of a test, and what it has heard. */
export interface Hearing {
  readonly subscription: ReturnType<RedisClient["subscribe"]>;
  readonly heard: readonly string[];
}

export function hear(client: RedisClient, channel: string): Hearing {
  const heard: string[] = [];
  const subscription = client.subscribe(channel, (message) => heard.push(message));
  onTestFinished(() => subscription.stop());
  return { subscription, heard };
}

/** What must come to be true, however busy the machine is. */
export async function eventually(claim: () => unknown): Promise<void> {
  await vi.waitFor(claim, { timeout: 15_000, interval: 10 });
}

export async function active(...hearings: readonly Hearing[]): Promise<void> {
  for (const { subscription } of hearings) await eventually(() => expect(subscription.active).toBe(true));
}

export async function inactive({ subscription }: Hearing): Promise<void> {
  await eventually(() => expect(subscription.active).toBe(false));
}

/** How many connections of a server listen to channels. */
export async function listenersOf(client: Pick<Redis, "call">): Promise<number> {
  const list = String(await client.call("client", "list", "type", "pubsub"));
  return list.split("\n").filter((line) => line.startsWith("id=")).length;
}

/** A client of the user's in either version of ioredis, and what the kit makes of it. */
export function client6(of: { readonly url: string }, settings: object = {}) {
  return ownClient(new Redis(of.url, settings));
}

export function client5(of: { readonly url: string }, settings: object = {}) {
  return ownClient(new Redis5(of.url, settings));
}

function ownClient<T extends Redis | Redis5>(client: T): { client: T; port: RedisClient } {
  client.on("error", () => {}); // of servers that are away
  onTestFinished(() => client.disconnect());
  return { client, port: ioredisClient(client) };
}

/** Collects what is written where nobody looks, and rejections that nobody handles. */
export function noise(): unknown[] {
  const words: unknown[] = [];
  const spies = (["error", "warn", "log", "info"] as const).map((method) =>
    vi.spyOn(console, method).mockImplementation((...args: unknown[]) => void words.push(args)),
  );
  const unhandled = (reason: unknown): void => void words.push(reason);
  process.on("unhandledRejection", unhandled);
  onTestFinished(() => {
    process.off("unhandledRejection", unhandled);
    for (const spy of spies) spy.mockRestore();
  });
  return words;
}
