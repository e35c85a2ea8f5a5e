import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { BookingError } from "../../examples/booking/src/domain/booking-error.js";
import { OutcomeUnknown, sellPaid } from "../../examples/booking/src/domain/sale.js";
import { StoreUnavailable } from "../../examples/booking/src/domain/store-unavailable.js";

const booking = { id: "of-ada", showId: "hamlet", seatId: "A1", customer: "Ada", fencingToken: 1 };

/** How long each try takes. */
const TRY_MS = 6_000;

const lost = () => new OutcomeUnknown(new StoreUnavailable(new Error("no answer")));
const no = () => new BookingError("OVERTAKEN", "too late");
const bug = () => new Error("syntax error");
const undone = () => new StoreUnavailable(new Error("statement timeout"));
const closed = () => new Error("driver has already been destroyed");

describe("a sale that is paid for", () => {
  let log: MockInstance;
  let now: number;
  beforeEach(() => {
    log = vi.spyOn(console, "error").mockImplementation(() => {});
    now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** What becomes of a sale whose tries end like this, the last of them again and again. */
  async function sell(answers: readonly ((() => Error) | "written")[], refund = async () => {}) {
    const [left, refunds] = [[...answers], vi.fn(refund)];
    const sale = sellPaid(booking, { refund: refunds }, async () => {
      now += TRY_MS;
      const answer = left.length > 1 ? left.shift() : left[0];
      if (typeof answer === "function") throw answer();
    }).then(
      () => "sold",
      (error: unknown) => error,
    );
    return { outcome: await sale, isGivenBack: refunds.mock.calls.length > 0 };
  }

  test.each([
    ["a refusal", no],
    ["an error of the statement", bug],
    ["a statement that took too long and was undone", undone],
  ])("is given back upon %s at the first try", async (_what, error) => {
    const { outcome, isGivenBack } = await sell([error]);
    expect(outcome).toEqual(error());
    expect(isGivenBack).toBe(true);
    expect(log).not.toHaveBeenCalled();
  });

  test("is given back upon a refusal after an answer was lost, which holds for both tries", async () => {
    expect(await sell([lost, lost, no])).toEqual({ outcome: no(), isGivenBack: true });
  });

  test("is kept and asked for again while answers are lost", async () => {
    expect(await sell([lost, undone, lost, "written"])).toEqual({ outcome: "sold", isGivenBack: false });
    expect(log).not.toHaveBeenCalled();
  });

  test.each([
    ["no answer ever comes", lost],
    ["nothing can be asked any more", undone],
    ["the store is closed", closed],
    ["the second try has an error of its own", bug],
  ])("is kept and told to the accounts, when an answer was lost and %s", async (_what, error) => {
    const { outcome, isGivenBack } = await sell([lost, error]);
    expect(outcome).toBeInstanceOf(OutcomeUnknown);
    expect(isGivenBack).toBe(false);
    expect(log.mock.calls).toEqual([
      [expect.stringMatching(/^Booking of-ada \(Ada, hamlet A1\): .*the money is kept/)],
    ]);
  });

  test("tells why nothing was sold, even if the money can't be given back, which the accounts are told", async () => {
    const { outcome } = await sell([no], () => Promise.reject(new Error("provider is away")));
    expect(outcome).toEqual(no());
    expect(log.mock.calls).toEqual([[expect.stringMatching(/^Booking of-ada .*provider is away$/)]]);
  });
});
