import { Readable } from "node:stream";
import { createLocked, leaseOf, type LockedOptions } from "@redlock-kit/fastify";
import { fastify, type FastifyReply, type FastifyRequest } from "fastify";
import type { Door, Params, Route } from "../door.js";
import { leaseOrNone } from "./lease-or-none.js";

/** @redlock-kit/fastify, as the preHandler hook of a route. */
export const fastifyDoor: Door = {
  name: "Fastify",
  lacks: {},
  async open(locks, routes) {
    const app = fastify({ bodyLimit: 2_000_000, routerOptions: { maxParamLength: 8_000 } });
    const locked = createLocked(locks);
    for (const route of routes) {
      const hooks = { preHandler: locked(keyOf(route), optionsOf(route)) };
      app[route.method ?? "post"](route.path, hooks, handlerOf(route));
    }
    await app.listen({ port: 0, host: "127.0.0.1" });
    return { server: app.server, close: () => app.close() };
  },
};

const paramsOf = (request: FastifyRequest): Params => request.params as Params;

function keyOf({ key }: Route): Parameters<ReturnType<typeof createLocked>>[0] {
  return typeof key === "function" ? (request) => key(paramsOf(request)) : key;
}

function optionsOf({ options: { skip, whenHeld, ...options } = {} }: Route): LockedOptions {
  return {
    ...options,
    ...(skip && { skip: (request) => skip(paramsOf(request)) }),
    ...(whenHeld && {
      whenHeld(_request, reply, done, error) {
        const text = whenHeld(error);
        return text === undefined ? done() : reply.send(text);
      },
    }),
  };
}

function handlerOf({ handler }: Route) {
  return (request: FastifyRequest, reply: FastifyReply): unknown => {
    const answer = handler({ params: paramsOf(request), lease: leaseOrNone(() => leaseOf(request)) });
    if (answer instanceof Promise) {
      return answer.then((sent) => (typeof sent === "string" ? sent : Readable.from(sent)));
    }
    return reply.send(typeof answer === "string" ? answer : Readable.from(answer));
  };
}
