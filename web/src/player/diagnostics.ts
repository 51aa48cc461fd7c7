/**
 * `window.__qorgan`: what tests and benchmarks may read of a running console. Nothing in the console reads it.
 *
 * - `tiles()`: one entry for each live tile on the screen, frames counted by the browser's decoder.
 * - `alarmsDrawn[id]`: epoch ms by this machine's clock, after the first paint that showed the alarm.
 */
import type { LiveVideo, TileDiagnostics } from "./live-video";

export interface Diagnostics {
  tiles: () => TileDiagnostics[];
  alarmsDrawn: Record<string, number>;
}

declare global {
  interface Window {
    __qorgan?: Diagnostics;
  }
}

export function publishTiles(video: LiveVideo | null): void {
  const tiles = () => video?.diagnostics() ?? [];
  window.__qorgan = { tiles, alarmsDrawn: window.__qorgan?.alarmsDrawn ?? {} };
}

export function publishDrawn(alarm: string, at: number): void {
  window.__qorgan ??= { tiles: () => [], alarmsDrawn: {} };
  window.__qorgan.alarmsDrawn[alarm] = at;
}
