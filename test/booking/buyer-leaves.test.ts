import { expect, test, vi } from "vitest";
import { openSellingDoor } from "./open-door.js";
import { book } from "./requests.js";

// The two frameworks' locks see it differently: leaseOf(req).signal also tells that the client has left,
// while a Nest handler that has begun runs to its end.
test.each([
  { name: "nest", does: "is sold it all the same", next: 409 },
  { name: "express", does: "pays nothing and leaves it to the next", next: 201 },
] as const)("a buyer who leaves the $name door while paying for a seat $does", async ({ name, next }) => {
  const logged = vi.spyOn(console, "error");
  const leaving = new AbortController();
  const { url, payment } = await openSellingDoor(name, 300, { signal: leaving.signal });
  leaving.abort();
  await expect(payment).rejects.toThrow();
  expect((await book(url, "A1", "Bob")).status).toBe(next);
  expect(logged).not.toHaveBeenCalled();
});
