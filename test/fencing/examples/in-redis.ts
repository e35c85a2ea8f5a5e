import { redisFence } from "@redlock-kit/core/fencing";
import { Redis } from "ioredis";

export const redis = new Redis(process.env.REDIS_URL ?? "redis://localhost:6379");
const guard = redisFence({ client: redis });
const DAY_MS = 24 * 3_600_000;

export function save(id: string, text: string, fencingToken: number): Promise<boolean> {
  return guard.set(`document:${id}`, text, fencingToken, 30 * DAY_MS);
}

export async function append(id: string, line: string, fencingToken: number): Promise<boolean> {
  await guard.admitOrThrow(`document:${id}`, fencingToken); // from here on no older holder can write
  const text = await read(id);
  return save(id, `${text ?? ""}${line}`, fencingToken);
}

export async function read(id: string): Promise<string | undefined> {
  return (await redis.get(`document:${id}`)) ?? undefined;
}
