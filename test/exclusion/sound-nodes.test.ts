import { test } from "vitest";
import { redisServers, urlsOf } from "../support/this-test.js";
import { expectExclusion } from "./contest.js";

test.each([1, 2, 3])(
  "four processes exclude each other, and all have their turns, on %i nodes",
  async (count) => {
    await expectExclusion(urlsOf(await redisServers(count)));
  },
  60_000,
);
