export type { FenceGuard } from "./fence-guard.js";
export { memoryFence, type MemoryFenceOptions } from "./memory-fence.js";
export { redisFence, type RedisFenceGuard, type RedisFenceOptions } from "./redis-fence.js";
