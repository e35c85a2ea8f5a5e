/** The seat's button. */
export function seatElementId(seatId: string): string {
  return `seat-${seatId}`;
}

/** The button that pays for a seat which is held. */
export function payElementId(seatId: string): string {
  return `pay-${seatId}`;
}

export function focusOn(elementId: string): void {
  document.getElementById(elementId)?.focus();
}

/** Brings the focus back to a seat whose card is going away, unless the visitor has gone elsewhere by now. */
export function returnToSeat(seatId: string): void {
  const focused = document.activeElement;
  if (focused === null || focused === document.body || focused.closest(`[data-card="${seatId}"]`)) {
    focusOn(seatElementId(seatId));
  }
}
