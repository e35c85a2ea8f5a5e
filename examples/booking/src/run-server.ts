import { closeDoor } from "./close-door.js";
import { startEmbeddedDatabase } from "./database/embedded-database.js";
import type { OpenDoor } from "./door.js";
import type { Ending } from "./ending.js";
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
export async function runServer(settings: Settings, ending: Ending): Promise<string> {
  const url = settings.databaseUrl ?? (await startOwnDatabase(settings, ending));
  const services = await telling("Connecting to the database", openServices(settings, url));
  ending.add(() => services.close());
  const openDoor = await doors[settings.door]();
  const door = await openDoor(settings, services);
  ending.add(() => closeDoor(door));
  return listen(door.server, settings);
}

/** Starts the embedded database, which ends with this process. */
export async function startOwnDatabase({ dataDir }: Settings, ending: Ending): Promise<string> {
  const database = await telling("Starting the embedded database", startEmbeddedDatabase(dataDir));
  ending.add(() => database.close());
  return database.url;
}
