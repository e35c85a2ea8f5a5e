import { describe } from "vitest";
import { answers } from "./answers.js";
import { connections } from "./connections.js";
import type { Door } from "./door.js";
import { endings } from "./endings.js";
import { flood } from "./flood.js";
import { keys } from "./keys.js";
import { leaving } from "./leaving.js";
import { lost } from "./lost.js";
import { shutdown } from "./shutdown.js";
import { type Nodes, stageOf } from "./stage.js";

/**
 * What everything that puts locks in front of HTTP handlers must show, over real connections.
 *
 * @param nodes gives each test its nodes. Default: one in memory
 */
export function httpConformance(door: Door, nodes?: Nodes): void {
  const stage = stageOf(door, nodes);
  describe(`${door.name}:`, () => {
    describe("endings", () => endings(stage));
    describe("clients that leave", () => leaving(stage));
    describe("lost leases", () => lost(stage));
    describe("answers", () => answers(stage));
    describe("keys", () => keys(stage));
    describe("connections", () => connections(stage));
    describe("floods", () => flood(stage));
    describe("shutdown", () => shutdown(stage));
  });
}
