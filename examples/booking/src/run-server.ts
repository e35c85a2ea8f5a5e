import { closeOnSignal } from "./close-on-signal.js";
import { startEmbeddedDatabase } from "./database/embedded-database.js";
import type { OpenDoor } from "./door.js";
import { listen } from "./listen.js";
import { telling } from "./progress.js";
import { openServices } from "./services.js";
import type { DoorName, Settings } from "./settings.js";

// Only the chosen framework is loaded.
const doors: Record<DoorName, () => Promise<OpenDoor>> = {
  nest: async () => (await import("./nest/open-nest-door.js")).openNestDoor,
  express: async () => (await import("./express/open-express-door.js")).openExpressDoor,
};

/**
 * Answers requests until the process is told to end.
 *
 * @returns where
 * @throws StartUpError, LockError `ERR_LOCK_INVALID_ARGUMENT`
 */
export async function runServer(settings: Settings): Promise<string> {
  const { databaseUrl, dataDir } = settings;
  const embedded =
    databaseUrl === undefined
      ? await telling("Starting the embedded database", startEmbeddedDatabase(dataDir))
      : undefined;
  const url = databaseUrl ?? embedded?.url ?? "";
  const services = await telling("Connecting to the database", openServices(settings, url));
  const openDoor = await doors[settings.door]();
  const door = await openDoor(settings, services);
  closeOnSignal(door, async () => {
    await services.close();
    await embedded?.close();
  });
  return listen(door.server, settings.port);
}
