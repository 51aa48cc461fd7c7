/** A fragmented MP4 as small as it can be: 90,000 ticks a second, and fragments that say when they begin. */

export type Bytes = Uint8Array<ArrayBuffer>;

export function aBox(type: string, ...content: (Bytes | number[])[]): Bytes {
  const inside = content.flatMap((part) => [...part]);
  const bytes = new Uint8Array(8 + inside.length);
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(inside, 8);
  return bytes;
}

export const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const mdhd = aBox("mdhd", u32(0), u32(0), u32(0), u32(90_000), u32(0), u32(0));
export const init = aBox(
  "moov",
  aBox("mvhd", u32(0)),
  aBox("trak", aBox("tkhd", u32(0)), aBox("mdia", mdhd)),
);
export const fragment = (tfdt: Bytes) =>
  aBox("moof", aBox("mfhd", u32(0), u32(1)), aBox("traf", aBox("tfhd", u32(0), u32(1)), tfdt));
