import type { Server } from "node:http";
import type { Services } from "./services.js";
import type { Settings } from "./settings.js";

/** The application behind one framework, ready to listen. */
export interface Door {
  readonly server: Server;
  /** Refuses who waits for a lock, lets running requests end, and frees what the door holds. */
  close(): Promise<void>;
}

/** @throws LockError `ERR_LOCK_INVALID_ARGUMENT` for settings that make no locks */
export type OpenDoor = (settings: Settings, services: Services) => Promise<Door>;
