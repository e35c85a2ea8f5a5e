import express from "express";
import { afterAll, beforeAll } from "vitest";
import { type RedisServer, startRedis } from "../../support/redis-server.js";
import { expressDoor } from "./doors/express.js";
import { httpConformance } from "./http-conformance.js";

let servers: RedisServer[];
beforeAll(async () => {
  servers = await Promise.all(Array.from({ length: 3 }, () => startRedis()));
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

httpConformance(expressDoor("Express on three Redis servers", express), () => servers.map(({ url }) => url));
