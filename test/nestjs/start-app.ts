import type { AbstractHttpAdapter } from "@nestjs/core";
import type { DynamicModule, INestApplication, ModuleMetadata } from "@nestjs/common";
import { ExpressAdapter } from "@nestjs/platform-express";
import { FastifyAdapter } from "@nestjs/platform-fastify";
import { Test } from "@nestjs/testing";
import { type LockManager, type LockManagerOptions, memoryNode } from "@redlock-kit/core";
import { getLockManagerToken, LockModule } from "@redlock-kit/nestjs";
import { onTestFinished } from "vitest";
import { redisServer } from "../support/this-test.js";

export type Platform = () => AbstractHttpAdapter;

export const platforms: Record<"Express" | "Fastify", Platform> = {
  Express: () => new ExpressAdapter(),
  // Fastify of Nest 11 is not told by the application what becomes of connections.
  Fastify: () => new FastifyAdapter({ forceCloseConnections: true }),
};

export interface RunningApp {
  readonly app: INestApplication;
  readonly url: string;
  /** The manager without a name. */
  readonly locks: LockManager;
}

/** A Nest application that listens until the test has ended; with locks in memory, unless `imports` say otherwise. */
export async function startApp(
  metadata: ModuleMetadata,
  platform: Platform = platforms.Express,
  /** What becomes of connections at the end: cut, for short tests, or drained, as Nest does by default. */
  atTheEnd: "cut" | "drained" = "cut",
  /** What is done with the application before it listens. */
  prepare?: (app: INestApplication) => void,
): Promise<RunningApp> {
  const imports = metadata.imports ?? [LockModule.forRoot({ nodes: [memoryNode()] })];
  const module = await Test.createTestingModule({ ...metadata, imports }).compile();
  const options = { logger: false, forceCloseConnections: atTheEnd === "cut" } as const;
  const app = module.createNestApplication(platform(), options);
  prepare?.(app);
  onTestFinished(() => app.close());
  await app.listen(0, "127.0.0.1");
  return { app, url: await app.getUrl(), locks: app.get<LockManager>(getLockManagerToken()) };
}

/** Locks on a real server. */
export async function redisLocks(options: Omit<LockManagerOptions, "nodes"> = {}): Promise<DynamicModule> {
  return LockModule.forRoot({ ...options, nodes: [(await redisServer()).url] });
}

/** The same without HTTP: only the providers. */
export async function startProviders(metadata: ModuleMetadata) {
  const imports = metadata.imports ?? [LockModule.forRoot({ nodes: [memoryNode()] })];
  const module = await Test.createTestingModule({ ...metadata, imports }).compile();
  await module.init();
  onTestFinished(() => module.close());
  return module;
}
