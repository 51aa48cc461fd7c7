/** Framing of video on `/ws/video`: 4 bytes tile, then one media message (src/qorgan/protocols/link/media.py). */

export const TILE_BYTES = 4;
export const HEADER_BYTES = 16;

export type MediaKind = "init" | "key" | "delta" | "state" | "end";

const KINDS: Readonly<Record<number, MediaKind>> = { 1: "init", 2: "key", 3: "delta", 4: "state", 5: "end" };

export interface MediaMessage {
  tile: number;
  kind: MediaKind;
  /** Counts up by one per message of a lease, modulo 2³². A jump means loss. */
  seq: number;
  /** Wall clock of the frame at the school, ms since 1970-01-01 UTC. */
  wallMs: number;
  payload: Uint8Array<ArrayBuffer>;
}

/** One message, or null for anything that is not one: a broken sender must not take down the wall. */
export function parseMedia(data: ArrayBuffer): MediaMessage | null {
  if (data.byteLength < TILE_BYTES + HEADER_BYTES) return null;
  const view = new DataView(data);
  const kind = KINDS[view.getUint8(4)];
  const version = view.getUint8(5);
  if (kind === undefined || version !== 1) return null;
  return {
    tile: view.getUint32(0),
    kind,
    seq: view.getUint32(8),
    wallMs: Number(view.getBigUint64(12)) / 1000,
    payload: new Uint8Array(data, TILE_BYTES + HEADER_BYTES),
  };
}

/** MSE type and initialisation segment of an INIT payload, or null when it is cut short. */
export function splitInit(
  payload: Uint8Array<ArrayBuffer>,
): { mime: string; segment: Uint8Array<ArrayBuffer> } | null {
  const length = payload[0];
  if (length === undefined || payload.length < 1 + length) return null;
  return {
    mime: String.fromCharCode(...payload.subarray(1, 1 + length)),
    segment: payload.subarray(1 + length),
  };
}

/** `state:reason` of a STATE payload. */
export function splitState(payload: Uint8Array): { state: string; reason: string } {
  const [state = "unknown", reason = "none"] = new TextDecoder().decode(payload).split(":", 2);
  return { state, reason };
}

/** Whether `next` follows `last` without a loss. The first message of a lease follows anything. */
export function follows(last: number | null, next: number): boolean {
  return last === null || next === (last + 1) >>> 0;
}
