import "reflect-metadata";
import { Readable } from "node:stream";
import { Controller, Get, HttpCode, Post, Req, StreamableFile } from "@nestjs/common";
import { type AbstractHttpAdapter, NestFactory } from "@nestjs/core";
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import type { Lease, LockManager } from "@redlock-kit/core";
import { CurrentLease, Locked, type LockedOptions, LockModule } from "@redlock-kit/nestjs";
import type { Door, Params, Reply, Route } from "../door.js";

const NOT_OF_DECORATORS = "@Locked is for methods of all kinds, of which HTTP handlers are one";

/** @redlock-kit/nestjs on one platform. */
export function nestDoor(platform: "Express" | "Fastify"): Door {
  return {
    name: `NestJS on ${platform}`,
    lacks: {
      graceMs: "a handler is a method, which ends by itself",
      statusCode: NOT_OF_DECORATORS,
      onUnavailable: NOT_OF_DECORATORS,
      skip: NOT_OF_DECORATORS,
      "passing whenHeld": "whenHeld gives what the method comes to",
      "signal of leaving": "a client that leaves while the handler runs changes nothing",
      "answer at the loss": "whatever a method comes to is answered when it has ended",
    },
    async open(locks, routes) {
      const app = await NestFactory.create<NestExpressApplication>(
        moduleOf(locks, routes),
        adapters[platform](),
        {
          logger: false,
          abortOnError: false,
          bodyParser: platform === "Fastify",
        },
      );
      if (platform === "Express") app.useBodyParser("json", { limit: "2mb" });
      await app.listen(0, "127.0.0.1");
      return { server: app.getHttpServer(), close: () => app.close() };
    },
  };
}

const adapters: Record<"Express" | "Fastify", () => AbstractHttpAdapter> = {
  Express: () => new ExpressAdapter(),
  Fastify: () =>
    new FastifyAdapter({
      bodyLimit: 2_000_000,
      routerOptions: { maxParamLength: 8_000 },
    }) as AbstractHttpAdapter,
};

function moduleOf(locks: LockManager, routes: readonly Route[]) {
  class Routes {}
  for (const [i, route] of routes.entries()) addRoute(Routes.prototype, `route${i}`, route);
  Controller()(Routes);
  class App {}
  return { module: App, imports: [LockModule.forRoot({ manager: locks })], controllers: [Routes] };
}

interface PlatformRequest {
  readonly params: Params;
}

/** What decorators in a source file do. */
function addRoute(prototype: object, name: string, { method, path, key, options, handler }: Route): void {
  const value = (request: PlatformRequest, lease: Lease): unknown => {
    const reply = handler({ params: request.params, lease });
    return reply instanceof Promise ? reply.then(send) : send(reply);
  };
  const { whenHeld, ...others } = options ?? {};
  const lockOptions: LockedOptions = {
    ...others,
    ...(whenHeld && { whenHeld: (error) => whenHeld(error) }),
  };
  const keys = typeof key === "function" ? ({ params }: PlatformRequest) => key(params) : key;
  Req()(prototype, name, 0);
  CurrentLease()(prototype, name, 1);
  const decorators = [
    (method === "get" ? Get : Post)(path),
    HttpCode(200),
    (Locked as (key: unknown, options: LockedOptions) => MethodDecorator)(keys, lockOptions),
  ];
  const descriptor = { value, writable: true, enumerable: false, configurable: true };
  Object.defineProperty(prototype, name, descriptor);
  Object.defineProperty(
    prototype,
    name,
    Reflect.decorate(decorators, prototype, name, descriptor) ?? descriptor,
  );
}

function send(reply: Reply): string | StreamableFile {
  return typeof reply === "string" ? reply : new StreamableFile(Readable.from(reply, { objectMode: false }));
}
