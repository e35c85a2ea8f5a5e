import { describe, expect, test } from "vitest";
import {
  allRecover,
  grantedThroughout,
  longestGapMs,
  nothingGranted,
  recoveryMs,
} from "./availability-rules.js";
import { history, lease, refused, worker } from "./handmade.js";

describe("while a quorum is well", () => {
  const long = { struck: { from: 1_000, to: 6_000 }, inForce: { from: 1_000, to: 6_000 } };

  test("a lock may be free for a ttl and a second", () => {
    const acquisitions = [lease(900, 1_100, 1), lease(2_500, 4_900, 2)];
    expect(grantedThroughout(history({ ...long, acquisitions }))).toEqual([]);
  });

  test("it must not be free for longer, though another is granted", () => {
    const busy = Array.from({ length: 50 }, (_, i) =>
      lease(1_000 + i * 100, 1_090 + i * 100, i, { keys: ["b"] }),
    );
    const acquisitions = [lease(900, 1_100, 1), lease(2_700, 5_000, 2), ...busy];
    expect(grantedThroughout(history({ ...long, acquisitions }))).toEqual([
      expect.stringMatching(/^nobody was granted k for 1600 ms/),
    ]);
  });

  test("it may be held for any time", () => {
    expect(grantedThroughout(history({ ...long, acquisitions: [lease(900, 5_900, 1)] }))).toEqual([]);
  });

  test("something must be granted in a short fault, too", () => {
    expect(grantedThroughout(history({ acquisitions: [lease(900, 950, 1)] }))).toHaveLength(1);
    expect(
      grantedThroughout(history({ acquisitions: [lease(900, 950, 1), lease(1_500, 1_510, 2)] })),
    ).toEqual([]);
  });

  test("a machine that runs nobody is not to blame", () => {
    const stalls = [{ from: 950, to: 1_500 }];
    const workers = [worker({ stalls }), worker({ name: "v", stalls })];
    expect(grantedThroughout(history({ acquisitions: [lease(900, 950, 1)], workers }))).toEqual([]);
    expect(
      grantedThroughout(history({ acquisitions: [lease(900, 950, 1)], workers: [worker({ stalls })] })),
    ).toHaveLength(1);
  });
});

describe("while there is no quorum", () => {
  test("what was asked for before may be granted, and what is granted after", () => {
    const acquisitions = [
      lease(1_010, 1_020, 1, { askedAt: 990 }),
      lease(2_001, 2_100, 2, { askedAt: 1_500 }),
    ];
    expect(nothingGranted(history({ acquisitions }))).toEqual([]);
  });

  test("what is asked for is not granted", () => {
    expect(nothingGranted(history({ acquisitions: [lease(1_100, 1_120, 1)] }))).toHaveLength(1);
  });

  test("a lock may be said to be held for as long as a lease may last, and then to be out of reach", () => {
    const acquisitions = [
      refused(1_100, 1_200, "ERR_LOCK_HELD"),
      refused(1_700, 1_800, "ERR_LOCK_UNAVAILABLE"),
    ];
    expect(nothingGranted(history({ acquisitions }))).toEqual([]);
    expect(nothingGranted(history({ acquisitions: [refused(1_700, 1_800, "ERR_LOCK_HELD")] }))).toHaveLength(
      1,
    );
    expect(nothingGranted(history({ acquisitions: [refused(1_700, 1_800, null)] }))).toHaveLength(1);
  });
});

describe("when the fault is over", () => {
  test("everybody is granted a lock within a ttl and a second", () => {
    expect(allRecover(history({ workers: [worker({ recoveredAt: 3_500 })] }))).toEqual([]);
    expect(allRecover(history({ workers: [worker({ recoveredAt: 3_501 })] }))).toHaveLength(1);
    expect(allRecover(history({ workers: [worker({ recoveredAt: 3_501 })] }), 100)).toEqual([]);
    expect(allRecover(history({ workers: [worker({ recoveredAt: undefined })] }))).toHaveLength(1);
  });

  test("every node votes again", () => {
    expect(allRecover(history({ workers: [worker({ notVoting: ["node 1: silent"] })] }))).toHaveLength(1);
  });

  test("who was killed need not come back", () => {
    expect(allRecover(history({ workers: [worker({ killed: true, recoveredAt: undefined })] }))).toEqual([]);
  });
});

test("the longest gap is the longest time for which a lock was nobody's, until it was granted again", () => {
  const acquisitions = [
    lease(100, 500, 1),
    lease(900, 1_200, 2),
    lease(2_400, 2_500, 3),
    lease(9_000, 9_100, 4),
    lease(1_000, 2_700, 5, { keys: ["b"] }),
  ];
  expect(longestGapMs(history({ acquisitions }))).toBe(1_200);
  expect(recoveryMs(history({ workers: [worker({ recoveredAt: 2_300 }), worker()] }))).toBe(300);
});
