import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { createLocked, leaseOf, type LockedOptions } from "@redlock-kit/hono";
import { type Context, Hono } from "hono";
import type { Door, Reply, Route } from "../door.js";
import { leaseOrNone } from "./lease-or-none.js";
import { closing, listening } from "./listening.js";

/** @redlock-kit/hono on node:http. */
export const honoDoor: Door = {
  name: "Hono",
  lacks: {},
  async open(locks, routes) {
    const app = new Hono();
    // Else Hono writes the errors that tests provoke to the console.
    app.onError((_error, c) => c.text("error", 500));
    const locked = createLocked(locks);
    for (const route of routes) {
      app[route.method ?? "post"](route.path, locked(keyOf(route), optionsOf(route)), handlerOf(route));
    }
    const server = await listening(createAdaptorServer({ fetch: app.fetch }) as Server);
    return { server, close: () => closing(server) };
  },
};

function keyOf({ key }: Route): Parameters<ReturnType<typeof createLocked>>[0] {
  return typeof key === "function" ? (c) => key(c.req.param()) : key;
}

function optionsOf({ options: { skip, whenHeld, ...options } = {} }: Route): LockedOptions {
  return {
    ...options,
    ...(skip && { skip: (c) => skip(c.req.param()) }),
    ...(whenHeld && {
      whenHeld(c, next, error) {
        const text = whenHeld(error);
        return text === undefined ? next() : c.text(text);
      },
    }),
  };
}

function handlerOf({ handler }: Route) {
  const send = (reply: Reply) =>
    new Response(typeof reply === "string" ? reply : ReadableStream.from(bytesOf(reply)));
  return (c: Context): Response | Promise<Response> => {
    const reply = handler({ params: c.req.param(), lease: leaseOrNone(() => leaseOf(c)) });
    return reply instanceof Promise ? reply.then(send) : send(reply);
  };
}

async function* bytesOf(chunks: AsyncIterable<string>): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
