import { createLockManager, type LockError } from "@redlock-kit/core";
import { Redis } from "ioredis";

// Holds a lock until it is told that it has lost it. Nothing here looks at unhandled rejections: they would end it.
const [url = ""] = process.argv.slice(2);
// The timeout is for a process that ends soon: by default ioredis keeps it for two seconds more.
const client = new Redis(url, { disconnectTimeout: 50 });
client.on("error", () => {});
const locks = createLockManager({ nodes: [client], ttlMs: 600 });
const lease = await locks.acquire("seat");
const loss = new Promise<LockError>((resolve) => {
  lease.signal.addEventListener("abort", () => resolve(lease.signal.reason as LockError), { once: true });
});
process.send?.("held");
process.send?.((await loss).code);
await locks.close();
client.disconnect();
process.disconnect();
