import { lockConformance, type ConformanceBackend } from "@redlock-kit/core/testing";
import { afterAll, beforeAll, test } from "vitest";

/** A backend and the end of what its managers share. */
export interface ClosableBackend extends ConformanceBackend {
  close?(): Promise<void> | void;
}

/** Runs the whole suite, unchanged, on one backend. */
export function conforms(start: () => Promise<ClosableBackend> | ClosableBackend): void {
  let backend: ClosableBackend;
  beforeAll(async () => {
    backend = await start();
  });
  afterAll(async () => backend.close?.());
  for (const { name, run } of lockConformance) test.concurrent(name, () => run(backend));
}
