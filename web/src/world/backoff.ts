/** Milliseconds to wait before attempt `attempt` (from 0): exponential with full jitter, so that thousands do not return at once. */
export function backoffMs(attempt: number, firstMs = 500, limitMs = 15_000, random = Math.random): number {
  const ceiling = Math.min(limitMs, firstMs * 2 ** Math.min(attempt, 20));
  return Math.max(firstMs / 2, random() * ceiling);
}
