/** The two numbers of fragmented MP4 (ISO/IEC 14496-12) that live playback needs. Pure; foreign bytes give null. */

type Bytes = Uint8Array<ArrayBuffer>;

interface Box {
  start: number;
  end: number;
}

/** The first box along a path of types, for example moov, trak, mdia, mdhd: its content. */
function find(view: DataView, path: readonly string[], within: Box): Box | null {
  const [type, ...rest] = path;
  if (type === undefined) return within;
  for (let at = within.start; at + 8 <= within.end;) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > within.end) return null;
    const name = String.fromCharCode(
      ...Array.from({ length: 4 }, (_, index) => view.getUint8(at + 4 + index)),
    );
    if (name === type) return find(view, rest, { start: at + 8, end: at + size });
    at += size;
  }
  return null;
}

function box(bytes: Bytes, path: readonly string[], least: number): { view: DataView; start: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = find(view, path, { start: 0, end: bytes.byteLength });
  return found === null || found.end - found.start < least ? null : { view, start: found.start };
}

/** Ticks per second of the first track (`mdhd`, §8.4.2). */
export function timescale(init: Bytes): number | null {
  const found = box(init, ["moov", "trak", "mdia", "mdhd"], 24);
  if (found === null) return null;
  const { view, start } = found;
  const ticks = view.getUint32(start + (view.getUint8(start) === 1 ? 20 : 12));
  return ticks === 0 ? null : ticks;
}

/** Decode time of a fragment's first sample in ticks (`tfdt`, §8.8.12). */
export function decodeTime(fragment: Bytes): number | null {
  const found = box(fragment, ["moof", "traf", "tfdt"], 8);
  if (found === null) return null;
  const { view, start } = found;
  if (view.getUint8(start) === 0) return view.getUint32(start + 4);
  return view.byteLength < start + 12 ? null : Number(view.getBigUint64(start + 4));
}
