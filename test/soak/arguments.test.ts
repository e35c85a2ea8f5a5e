import { expect, test } from "vitest";
import { argumentsOf } from "./arguments.js";

test("without arguments a soak takes ten minutes, on three nodes, and draws its seed", () => {
  const asked = argumentsOf([]);
  expect(asked).toMatchObject({ minutes: 10, nodes: 3, workers: 3, plot: undefined });
  expect(asked).not.toEqual(argumentsOf([]));
});

test("what is asked for is taken", () => {
  const all = ["--minutes", "0.5", "--nodes=5", "--workers", "2", "--seed", "7", "--plot", "soak.svg"];
  expect(argumentsOf(all)).toEqual({ minutes: 0.5, nodes: 5, workers: 2, seed: "7", plot: "soak.svg" });
});

test.each([
  ["--minutes", "-1"],
  ["--minutes", "0"],
  ["--minutes", "x"],
  ["--minutes", "1e9"],
  ["--minutes", ""],
  ["--minutes"],
  ["--nodes", "0"],
  ["--nodes", "2.5"],
  ["--workers", "100"],
  ["--forever"],
  ["-m", "5"],
  ["5"],
])("%s %s gets one plain sentence", (...args: (string | undefined)[]) => {
  const given = args.filter((arg) => arg !== undefined);
  expect(argumentsOf(given)).toEqual({ problem: expect.stringMatching(/^[^\n.]+(\.\d+[^\n.]*)*\.$/) });
});

test("--help is help, whatever else is asked for", () => {
  expect(argumentsOf(["--minutes", "1", "--help"])).toBe("help");
});
