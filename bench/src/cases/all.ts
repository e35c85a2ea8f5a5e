import type { Case } from "../case.js";
import { contention } from "./contention.js";
import { crowd } from "./crowd.js";
import { exclusion } from "./exclusion.js";
import { extension } from "./extension.js";
import { handover } from "./handover.js";
import { inFlight } from "./in-flight.js";
import { inProcess } from "./in-process.js";
import { lockedMethod } from "./locked-method.js";
import { lockedRoute } from "./locked-route.js";
import { memory } from "./memory.js";
import { minority } from "./minority.js";
import { processes } from "./processes.js";
import { uncontended } from "./uncontended.js";

/** In the order of the report. */
export const cases: readonly Case[] = [
  uncontended,
  inFlight,
  handover,
  contention,
  processes,
  exclusion,
  crowd,
  minority,
  extension,
  memory,
  inProcess,
  lockedMethod,
  lockedRoute,
];
