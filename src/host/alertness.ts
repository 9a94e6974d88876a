/**
 * How long the event loop keeps looking for more after it has done something. A client that asks, waits for the
 * answer and asks again is back within this time; a processor that has gone to sleep takes as long to wake up.
 */
const ALERT_MS = 0.05;

let untilMs = 0;
let isAlert = false;

/** Keeps the event loop from sleeping for a moment. It goes on serving everybody meanwhile. */
export function stayAlert(): void {
  untilMs = Number.POSITIVE_INFINITY;
  if (isAlert) return;
  isAlert = true;
  setImmediate(lookAgain);
}

function lookAgain(): void {
  const nowMs = performance.now();
  if (untilMs === Number.POSITIVE_INFINITY) untilMs = nowMs + ALERT_MS;
  isAlert = nowMs < untilMs;
  if (isAlert) setImmediate(lookAgain);
}
