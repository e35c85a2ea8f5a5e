import Redlock from "redlock";
import { redlockLike } from "./redlock-like.js";

export const { shipped: redlock5, tuned: redlock5Tuned } = redlockLike("redlock 5", (clients, settings) =>
  new Redlock(clients, settings).on("error", () => {}),
);
