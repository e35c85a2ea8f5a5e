import { createLockManager, memoryNode } from "@redlock-kit/core";
import { describe } from "vitest";
import { conforms } from "./conforms.js";

describe.each([1, 3])("the lock manager over %i memory nodes", (count) => {
  conforms(() => {
    const nodes = Array.from({ length: count }, () => memoryNode());
    return { manager: (options) => createLockManager({ ...options, nodes }) };
  });
});
