import { createLockManager } from "@redlock-kit/core";
import { ONLY_NOTICES } from "./only-notices.js";

const [url = ""] = process.argv.slice(2);
const locks = createLockManager({ nodes: [url], ...ONLY_NOTICES });
process.send?.("ready");
const lease = await locks.acquire("k");
process.send?.("granted");
await lease.release();
await locks.close();
process.disconnect?.();
