import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Request } from "express";
import { expect, test } from "vitest";
import { until } from "../conformance/http/client.js";
import { newApp, serve } from "./app.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("requests on one kept-alive connection leave nothing behind: neither listeners nor themselves", async () => {
  const { app, locked } = newApp();
  const listeners = new Set<number>();
  const requests: WeakRef<Request>[] = [];
  app.post("/", locked("k"), (req, res) => {
    listeners.add(
      ["close", "end", "timeout"].reduce((sum, event) => sum + req.socket.listenerCount(event), 0),
    );
    requests.push(new WeakRef(req));
    res.end("done");
  });
  const connection = (await serve(app)).connect();
  for (let i = 1; i <= 5; i++) {
    connection.post("/");
    await until(() => connection.received.split("done").length === i + 1);
  }
  expect(listeners.size).toBe(1);
  // Node itself may still know the last one.
  await until(() => {
    collectGarbage();
    return requests.slice(0, -1).every((request) => request.deref() === undefined);
  });
});
