/** What a tile says about its picture. One pure decision, so that no path can leave a frozen frame looking live. */

export type TileWord =
  | "connecting"
  | "live"
  | "behind"
  | "stalled"
  | "failed"
  | "refused"
  | "offline"
  | "paused"
  | "decode_error"
  | "unsupported_codec";

export interface TileFacts {
  /** The WebSocket stands. */
  linkUp: boolean;
  /** The operator's window is hidden and the stream was given back. */
  paused: boolean;
  /** Code of a refusal by the gateway. */
  refusal: string | null;
  /** State and reason of the stream as the school says it; empty until it did. */
  state: string;
  reason: string;
  unsupported: boolean;
  decodeFailed: boolean;
  /** Since a new picture was drawn; null before the first. */
  sincePictureMs: number | null;
  /** Age of the picture on the screen; null before the first. */
  ageMs: number | null;
}

export interface TileStatus {
  word: TileWord;
  /** A `CameraReason`, a refusal's code, or "none". */
  reason: string;
  /** Whether the picture on the screen may be taken for the present. */
  fresh: boolean;
  /** Whole seconds of the picture's age where it matters, otherwise null. */
  ageS: number | null;
}

/** What a viewer sees is never older than this without the tile saying so. */
export const NEVER_OLDER_MS = 2_000;
/** How often a tile looks at itself. A picture's drawing is noticed so late, and its absence so late again. */
export const LOOK_EVERY_MS = 250;
/** Therefore its patience ends before the promise does. */
export const STALE_AFTER_MS = NEVER_OLDER_MS - 2 * LOOK_EVERY_MS;

export function tileStatus(facts: TileFacts): TileStatus {
  const ageS = facts.ageMs !== null && facts.ageMs > STALE_AFTER_MS ? Math.round(facts.ageMs / 1000) : null;
  const dead = (word: TileWord, reason = "none"): TileStatus => ({ word, reason, fresh: false, ageS });
  if (facts.paused) return dead("paused");
  if (facts.refusal !== null) return dead("refused", facts.refusal);
  if (!facts.linkUp) return dead("offline");
  if (facts.unsupported) return dead("unsupported_codec", "unsupported_codec");
  if (facts.state === "failed" || facts.state === "disabled") return dead("failed", facts.reason);
  if (facts.decodeFailed) return dead("decode_error");
  if (facts.sincePictureMs === null) {
    return facts.state === "stalled" ? dead("stalled", facts.reason) : dead("connecting", facts.reason);
  }
  if (facts.state === "stalled" || facts.sincePictureMs > STALE_AFTER_MS)
    return dead("stalled", facts.reason);
  if (ageS !== null) return { word: "behind", reason: "none", fresh: true, ageS };
  return { word: "live", reason: "none", fresh: true, ageS: null };
}
