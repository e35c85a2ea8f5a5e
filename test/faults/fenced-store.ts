import type { Redis } from "ioredis";

const WRITE = `
if tonumber(ARGV[2]) < tonumber(redis.call('HGET', KEYS[1], 'fence') or 0) then return 0 end
redis.call('HSET', KEYS[1], 'value', ARGV[1], 'fence', ARGV[2])
return 1`;

/** Writes to a store that refuses what an older holder sends than one that it has seen. Whether it was written. */
export async function writeFenced(store: Redis, value: string, fencingToken: number): Promise<boolean> {
  return (await store.eval(WRITE, 1, "document", value, fencingToken)) === 1;
}

export function read(store: Redis): Promise<string | null> {
  return store.hget("document", "value");
}
