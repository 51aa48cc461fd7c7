/** Which stream of a camera this browser can show. H.265 is decoded by some browsers on some machines only. */
import type { Camera, StreamName } from "@/api/types";

export type Supports = (mime: string) => boolean;

/** Whether a page may feed a `<video>` here: without it there is no live picture, and recordings come as playlists. */
export const canFeedVideo = (): boolean => "MediaSource" in globalThis;

const inThisBrowser: Supports = (mime) => !canFeedVideo() || MediaSource.isTypeSupported(mime);

export interface ShownStream {
  stream: StreamName;
  /** The codec of the wanted stream, when the other one is shown because of it; otherwise null. */
  insteadOf: string | null;
}

/** The wanted stream, or the sub stream where this browser cannot show the main one. An unknown codec is tried. */
export function shownStream(
  camera: Camera,
  wanted: StreamName,
  supports: Supports = inThisBrowser,
): ShownStream {
  const codec = (name: StreamName) => camera.streams.find(({ stream }) => stream === name)?.codec ?? "";
  const canShow = (name: StreamName) => codec(name) === "" || supports(`video/mp4; codecs="${codec(name)}"`);
  if (wanted === "main" && camera.has_sub && !canShow("main") && canShow("sub"))
    return { stream: "sub", insteadOf: codecName(codec("main")) };
  return { stream: wanted, insteadOf: null };
}

/** What people call it: H.264, H.265; any other codec by its own string. */
export function codecName(codec: string): string {
  if (/^(hvc1|hev1)/.test(codec)) return "H.265";
  return /^avc[13]/.test(codec) ? "H.264" : codec;
}
