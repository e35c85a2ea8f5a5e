import { test } from "vitest";
import { redisServers, urlsOf } from "../support/this-test.js";
import { expectExclusion } from "./contest.js";

test("four processes exclude each other, and all have their turns, with one of three nodes hung", async () => {
  const servers = await redisServers(3);
  servers[0]?.pause();
  await expectExclusion(urlsOf(servers));
}, 60_000);

test("four processes exclude each other, and all have their turns, while a node hangs half way", async () => {
  const servers = await redisServers(3);
  await expectExclusion(urlsOf(servers), async () => servers[0]?.pause());
}, 60_000);

test("four processes exclude each other, and all have their turns, while a node loses all its data half way", async () => {
  const servers = await redisServers(3);
  await expectExclusion(urlsOf(servers), async () => {
    await servers[0]?.kill();
    await servers[0]?.restart();
  });
}, 60_000);
