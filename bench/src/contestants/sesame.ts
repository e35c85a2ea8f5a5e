import { Redlock } from "@sesamecare-oss/redlock";
import { redlockLike } from "./redlock-like.js";

export const { shipped: sesame, tuned: sesameTuned } = redlockLike(
  "@sesamecare-oss/redlock",
  (clients, settings) => new Redlock(clients, settings).on("error", () => {}),
);
