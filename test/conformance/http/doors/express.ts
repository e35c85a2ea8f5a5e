import { createServer } from "node:http";
import { Readable } from "node:stream";
import { createLocked, leaseOf, type LockedOptions } from "@redlock-kit/express";
import type { KeySource } from "@redlock-kit/core/adapter";
import type express from "express";
import type { NextFunction, Request, Response } from "express";
import type { Door, Params, Reply, Route } from "../door.js";
import { closing, listening } from "./listening.js";

/** @redlock-kit/express in front of one version of Express. */
export function expressDoor(name: string, version: typeof express): Door {
  return {
    name,
    lacks: {},
    async open(locks, routes) {
      const app = version();
      // Else Express writes the errors that tests provoke to the console.
      app.set("env", "test");
      app.use(version.json({ limit: "2mb" }));
      const locked = createLocked(locks);
      for (const route of routes) {
        app[route.method ?? "post"](route.path, locked(keyOf(route), optionsOf(route)), handlerOf(route));
      }
      const server = await listening(createServer(app));
      return { server, close: () => closing(server) };
    },
  };
}

function keyOf({ key }: Route): KeySource<[req: Request<Record<string, string>>]> {
  if (typeof key !== "function") return key;
  return (req) => key(req.params);
}

function optionsOf({ options: { skip, whenHeld, ...options } = {} }: Route): LockedOptions {
  return {
    ...options,
    ...(skip && { skip: (req) => skip(req.params as Params) }),
    ...(whenHeld && {
      whenHeld(_req, res, next, error) {
        const text = whenHeld(error);
        return text === undefined ? next() : res.end(text);
      },
    }),
  };
}

function handlerOf({ handler }: Route) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const lease = res.locals.lease === undefined ? undefined : leaseOf(req);
    const reply = handler({ params: req.params as Params, lease });
    const send = (sent: Reply): void => {
      if (typeof sent === "string") res.end(sent);
      else Readable.from(sent).pipe(res);
    };
    if (reply instanceof Promise) reply.then(send, next);
    else send(reply);
  };
}
