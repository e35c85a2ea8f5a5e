import { isLockError } from "@redlock-kit/core";
import { closeOnSignal } from "./close-on-signal.js";
import type { OpenDoor } from "./door.js";
import { listen } from "./listen.js";
import { type DoorName, readSettings } from "./settings.js";
import { StartUpError } from "./start-up-error.js";

// Only the chosen framework is loaded.
const doors: Record<DoorName, () => Promise<OpenDoor>> = {
  nest: async () => (await import("./nest/open-nest-door.js")).openNestDoor,
  express: async () => (await import("./express/open-express-door.js")).openExpressDoor,
};

try {
  const settings = readSettings(process.argv.slice(2), process.env);
  const openDoor = await doors[settings.door]();
  const door = await openDoor(settings);
  closeOnSignal(door);
  const url = await listen(door.server, settings.port);
  const nodes = settings.redisUrls.length || "in memory, for this process alone";
  console.log(`Booking listens on ${url} (door: ${settings.door}; lock nodes: ${nodes})`);
} catch (error) {
  const isTold = error instanceof StartUpError || isLockError(error, "ERR_LOCK_INVALID_ARGUMENT");
  console.error(isTold ? error.message : error);
  process.exit(1);
}
